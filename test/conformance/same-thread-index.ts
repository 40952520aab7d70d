export * from '../../src/index.js';
export { createWorker } from '../../src/same-thread.js';
