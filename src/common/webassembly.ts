/** The part of the `WebAssembly` global that is used here; TypeScript declares it only together with the DOM. */
interface WebAssemblyApi {
  Memory: new (descriptor: { initial: number; maximum: number; shared: true }) => SharedMemory;
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: Record<string, unknown>) => { readonly exports: Record<string, unknown> };
  validate(bytes: Uint8Array): boolean;
}

export interface SharedMemory {
  readonly buffer: SharedArrayBuffer;
  /** By that many pages; `buffer` is another one then. */
  grow(pages: number): number;
}

/** Undefined where Node runs without it, for example with --jitless. */
export const webAssembly = (globalThis as unknown as { WebAssembly: WebAssemblyApi | undefined }).WebAssembly;

const PAGE = 65536;

/** Memory in pages of 64 KiB: WebAssembly's, or an ordinary buffer that grows alike. */
export function createMemory(pages: number, maximumPages: number): SharedMemory {
  if (webAssembly !== undefined) {
    return new webAssembly.Memory({ initial: pages, maximum: maximumPages, shared: true });
  }
  const whole = new GrowableBuffer(pages * PAGE, { maxByteLength: maximumPages * PAGE });
  return {
    buffer: whole,
    grow(more) {
      const before = whole.byteLength / PAGE;
      whole.grow(whole.byteLength + more * PAGE);
      return before;
    },
  };
}

/** ES2024; TypeScript's ES2023 does not know it. */
const GrowableBuffer = SharedArrayBuffer as unknown as new (
  length: number,
  options: { maxByteLength: number },
) => SharedArrayBuffer & { grow(length: number): void };
