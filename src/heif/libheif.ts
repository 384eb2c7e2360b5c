/** A call that failed. */
export interface LibheifFailure {
  readonly code: { readonly value: number };
  readonly message: string;
}

/** A decoded picture in the library's memory. */
export interface LibheifDecoded {
  readonly code?: undefined;
  readonly image: object;
  readonly channels: readonly { readonly data: Uint8Array; readonly stride: number }[];
}

/**
 * What is used of the package `libheif-js`, as its scripts `index.js`, `wasm.js` and `wasm-bundle.js` export it.
 * Objects are handles into its memory.
 */
export interface Libheif {
  readonly heif_colorspace: { readonly heif_colorspace_RGB: object };
  readonly heif_chroma: { readonly heif_chroma_interleaved_RGBA: object };
  heif_context_alloc(): object;
  heif_context_free(context: object): void;
  /** With the code 0 where it did not fail. */
  heif_context_read_from_memory(context: object, file: Uint8Array): LibheifFailure;
  heif_js_context_get_primary_image_handle(context: object): { readonly code?: undefined } | LibheifFailure;
  heif_image_handle_get_width(handle: object): number;
  heif_image_handle_get_height(handle: object): number;
  heif_image_handle_release(handle: object): void;
  heif_js_decode_image2(handle: object, colours: object, layout: object): LibheifDecoded | LibheifFailure;
  heif_image_release(image: object): void;
}
