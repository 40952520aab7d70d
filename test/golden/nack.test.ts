import { defineGoldenTests } from './player/define-tests.js';

defineGoldenTests('nack');
