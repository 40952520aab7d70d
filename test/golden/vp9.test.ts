import { defineGoldenTests } from './player/define-tests.js';

defineGoldenTests('vp9');
