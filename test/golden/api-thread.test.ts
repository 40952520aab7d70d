import { backend } from './player/backend.js';
import { defineGoldenTests } from './player/define-tests.js';

defineGoldenTests('api', backend('tsfu'));
