import nano from 'depthwise/nano.safetensors?url';

/** Addresses of the weights that come with the library, by their source in `depthModels`. */
export const PACKAGED_WEIGHTS: Readonly<Record<string, string>> = { 'package:nano.safetensors': nano };
