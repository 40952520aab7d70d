/** Something with the given id does not exist (any more). A request that fails with it fails so at the application. */
export class NotFoundError extends Error {}
