// What is used of the package, whose own declarations are of another of its files. Objects are handles into its memory.
declare module 'libheif-js/wasm-bundle.js' {
  /** What a call that fails gives. */
  interface Failed {
    readonly code: { readonly value: number };
    readonly message: string;
  }
  interface Decoded {
    readonly code?: undefined;
    readonly image: object;
    readonly channels: readonly { readonly data: Uint8Array; readonly stride: number }[];
  }
  const libheif: {
    readonly heif_colorspace: { readonly heif_colorspace_RGB: object };
    readonly heif_chroma: { readonly heif_chroma_interleaved_RGBA: object };
    heif_context_alloc(): object;
    heif_context_free(context: object): void;
    /** With the code 0 where it did not fail. */
    heif_context_read_from_memory(context: object, file: Uint8Array): Failed;
    heif_js_context_get_primary_image_handle(context: object): { readonly code?: undefined } | Failed;
    heif_image_handle_get_width(handle: object): number;
    heif_image_handle_get_height(handle: object): number;
    heif_image_handle_release(handle: object): void;
    heif_js_decode_image2(handle: object, colours: object, layout: object): Decoded | Failed;
    heif_image_release(image: object): void;
  };
  export default libheif;
}
