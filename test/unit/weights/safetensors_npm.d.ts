/** The npm package `safetensors` 0.0.1, which ships no types. */
declare module 'safetensors' {
  interface Entry {
    readonly dtype: string;
    readonly shape: readonly number[];
    /** From the start of the file. */
    readonly data_offsets: readonly number[];
  }
  class SafeTensor {
    constructor(bytes: Uint8Array);
    readonly metadata: ReadonlyMap<string, Entry>;
    getTensor(name: string): Uint8Array;
  }
  const npm: { readonly SafeTensor: typeof SafeTensor };
  export default npm;
}
