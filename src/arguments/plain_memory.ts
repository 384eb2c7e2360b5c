/** Views of memory that callers hand over. */
export type Memory = Uint8Array | Uint8ClampedArray | Float32Array;

/** The same values in memory of their own. `slice` would not do: that of a Node `Buffer` is a view. */
export function copyOf<T extends Memory>(view: T): T {
  const type = [Float32Array, Uint8ClampedArray].find((made) => view instanceof made) ?? Uint8Array;
  const copy = new type(view.length);
  // Memory that was given away has no length, and cannot be copied.
  if (view.length > 0) copy.set(view);
  return copy as Memory as T;
}

/**
 * The same values in memory that native code may be given. Shared memory, a wasm thread's too, changes under it and
 * ends a Node process; browsers refuse it, and memory that can be resized: both are copied.
 */
export function plainMemory<T extends Memory>(view: T): T {
  const { buffer } = view as { buffer: ArrayBufferLike & { readonly resizable?: boolean } };
  return buffer instanceof ArrayBuffer && buffer.resizable !== true ? view : copyOf(view);
}
