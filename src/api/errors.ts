/** Something that is not supported: a codec nobody knows, an option of another transport kind. */
export class UnsupportedError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UnsupportedError';
  }
}

/** The worker is closed or has died, so the request could not be sent or will never be answered. */
export class WorkerClosedError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'WorkerClosedError';
  }
}

/** An id names nothing: the object never existed or is closed already. */
export class NotFoundError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'NotFoundError';
  }
}
