/** Whatever the application wants to keep with an object. Never read, copied or changed by this package. */
// An alias, not an interface: only so do an application's own object types extend it.
export type AppData = { [key: string]: unknown };

type Only<T, U> = { [P in keyof T]: T[P] } & { [P in keyof U]?: never };

/** The members of T or the members of U, but no mixture. */
export type Either<T, U> = Only<T, U> | Only<U, T>;

/**
 * What can be closed can be declared with `using` (TypeScript 5.2), which closes it at the end of the scope. The
 * asynchronous form waits where there is something to wait for: for a worker until its thread or process has ended.
 */
export interface Closable extends Disposable, AsyncDisposable {}
