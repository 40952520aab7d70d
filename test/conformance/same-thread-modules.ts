/** The same modules, but that `createWorker` starts the worker in the thread of the tests. */
export * from './modules.js';
export * as index from './same-thread-index.js';
