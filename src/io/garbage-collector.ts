/**
 * So much garbage outside of the JavaScript heap is worth a collection: about a millisecond. With more, what is allocated
 * in the meantime no longer fits into the processor's caches, which costs more than the collections do.
 */
const LIMIT = 8 * 1024 * 1024;

/** glibc keeps twice as much freed memory as its largest block that was ever freed, if that is not larger than 32 MB. */
const KEPT_BY_ALLOCATOR = 24 * 1024 * 1024;

type Collect = (options: { type: 'minor' }) => unknown;

/**
 * Keeps garbage outside of the JavaScript heap small. node:crypto returns keystream in memory of its own, up to 200 MB/s
 * of it. V8 reacts to that much by marking the whole heap every few hundred milliseconds. But it is young garbage: a
 * collection of the young generation, in time, finds all of it.
 */
export class GarbageCollector {
  readonly #find: () => Collect | undefined;
  /** Found when it is needed first: that takes longer than to start a worker should. */
  #collect: Collect | undefined = undefined;
  #isFound = false;
  #bytes = 0;

  constructor(find: () => Collect | undefined = findCollect) {
    this.#find = find;
  }

  /** There are `bytes` more. */
  add(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes < LIMIT) return;
    this.#bytes = 0;
    if (!this.#isFound) {
      this.#collect = this.#find();
      // Else it would give the memory back to the system after each collection, and take it again page by page.
      void new ArrayBuffer(KEPT_BY_ALLOCATOR);
    }
    this.#isFound = true;
    this.#collect?.({ type: 'minor' });
  }
}

/** V8 gives its function to contexts made while the flag is set; the application's own do not get it. */
function findCollect(): Collect | undefined {
  // Loading node:v8 alone takes milliseconds.
  const { setFlagsFromString } = process.getBuiltinModule('node:v8');
  const { runInNewContext } = process.getBuiltinModule('node:vm');
  try {
    setFlagsFromString('--expose-gc');
    return runInNewContext('gc') as Collect;
  } catch {
    return undefined;
  } finally {
    setFlagsFromString('--no-expose-gc');
  }
}
