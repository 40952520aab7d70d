/** All error classes. */
export { NotFoundError, UnsupportedError, WorkerClosedError } from './api/errors.js';
