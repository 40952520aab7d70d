import { EventEmitter, once } from 'node:events';

// The reference's own type, which applications extend and compare with, has `any` here.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Events = Record<string, any[]>;

/**
 * An EventEmitter whose events and their arguments are typed, with `safeEmit()`. There is no limit of listeners.
 *
 * @example
 * class Door extends EnhancedEventEmitter<{ open: []; knock: [times: number] }> {}
 */
export class EnhancedEventEmitter<
  E extends Events = Events,
  B extends Events = { listenererror: [keyof E, Error] },
  E2 extends Events = E & B,
> extends EventEmitter {
  constructor() {
    super();
    this.setMaxListeners(Infinity);
  }

  override emit<K extends keyof E2 & string>(eventName: K, ...args: E2[K]): boolean {
    return super.emit(eventName, ...(args as unknown[]));
  }

  /**
   * Like `emit()`, but never throws: what a listener throws ends this emission and is emitted as `listenererror`.
   *
   * @returns whether the event has listeners.
   */
  safeEmit<K extends keyof E2 & string>(eventName: K, ...args: E2[K]): boolean {
    try {
      return super.emit(eventName, ...(args as unknown[]));
    } catch (error) {
      try {
        super.emit('listenererror', eventName, error);
      } catch {
        // A listener of `listenererror` that throws has nobody left to tell.
      }
      return super.listenerCount(eventName) > 0;
    }
  }

  override on<K extends keyof E2 & string>(eventName: K, listener: (...args: E2[K]) => void): this {
    return super.on(eventName, listener as (...args: unknown[]) => void);
  }

  override off<K extends keyof E2 & string>(eventName: K, listener: (...args: E2[K]) => void): this {
    return super.off(eventName, listener as (...args: unknown[]) => void);
  }

  override addListener<K extends keyof E2 & string>(eventName: K, listener: (...args: E2[K]) => void): this {
    return super.on(eventName, listener as (...args: unknown[]) => void);
  }

  override prependListener<K extends keyof E2 & string>(eventName: K, listener: (...args: E2[K]) => void): this {
    return super.prependListener(eventName, listener as (...args: unknown[]) => void);
  }

  override once<K extends keyof E2 & string>(eventName: K, listener: (...args: E2[K]) => void): this {
    return super.once(eventName, listener as (...args: unknown[]) => void);
  }

  override prependOnceListener<K extends keyof E2 & string>(eventName: K, listener: (...args: E2[K]) => void): this {
    return super.prependOnceListener(eventName, listener as (...args: unknown[]) => void);
  }

  override removeListener<K extends keyof E2 & string>(eventName: K, listener: (...args: E2[K]) => void): this {
    return super.off(eventName, listener as (...args: unknown[]) => void);
  }

  override removeAllListeners<K extends keyof E2 & string>(eventName?: K): this {
    // With an argument, even an undefined one, EventEmitter looks for an event of that name.
    return eventName === undefined ? super.removeAllListeners() : super.removeAllListeners(eventName);
  }

  override listenerCount<K extends keyof E2 & string>(eventName: K): number {
    return super.listenerCount(eventName);
  }

  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  override listeners<K extends keyof E2 & string>(eventName: K): ((...args: any[]) => void)[] {
    // eslint-disable-next-line @typescript-eslint/no-explicit-any
    return super.listeners(eventName) as ((...args: any[]) => void)[];
  }

  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  override rawListeners<K extends keyof E2 & string>(eventName: K): ((...args: any[]) => void)[] {
    // eslint-disable-next-line @typescript-eslint/no-explicit-any
    return super.rawListeners(eventName) as ((...args: any[]) => void)[];
  }
}

/**
 * Waits for the next emission of an event: `events.once()` of Node with a typed event name.
 *
 * @param options - as of `events.once()`: `{ signal }`.
 * @returns the arguments of the event.
 *
 * @example
 * await enhancedOnce<ConsumerEvents>(consumer, 'producerpause');
 */
export function enhancedOnce<E extends Events = Events>(
  emitter: EnhancedEventEmitter<E>,
  eventName: keyof E & string,
  options?: Parameters<typeof once>[2],
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
): Promise<any[]> {
  return once(emitter, eventName, options);
}
