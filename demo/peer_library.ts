/** A file of the peer's code, and what it is known by. */
export interface PinnedFile {
  readonly url: string;
  readonly bytes: number;
  /** In base64. What has another digest is not run. */
  readonly sha384: string;
}

/** Another library that runs Depth Anything V2 small, and where its parts are. */
export interface PeerLibrary {
  readonly title: string;
  readonly version: string;
  readonly script: PinnedFile;
  /** What starts the WebAssembly of ONNX Runtime, and that itself. */
  readonly factory: PinnedFile;
  readonly wasm: PinnedFile;
  /** Where its weights are: a hub, a repository there at one commit, and how long the file is. */
  readonly hub: string;
  readonly repository: string;
  readonly revision: string;
  readonly weightBytes: number;
}

const CDN = 'https://cdn.jsdelivr.net/npm/';
const RUNTIME = `${CDN}onnxruntime-web@1.31.0-dev.20260914-8d85527a0/dist/ort-wasm-simd-threaded.asyncify`;

/** Files as the npm registry has them, which the network for packages serves unchanged. */
export const PEER: PeerLibrary = {
  title: 'transformers.js',
  version: '4.3.1',
  script: {
    url: `${CDN}@huggingface/transformers@4.3.1/dist/transformers.min.js`,
    bytes: 586_230,
    sha384: 'AFNtlNOt2vbygtlRCUX2TDgkE+EyonjbCLxAfqezYwJJDVlozUhg+yKs4cPwyjHR',
  },
  factory: {
    url: `${RUNTIME}.mjs`,
    bytes: 53_057,
    sha384: 'ik7L7J2uXfXmGuWHh3yOUDPpUslz/dJjcvZgdX5hcItLjxlkEpUF7mpCcATr3Dg8',
  },
  wasm: {
    url: `${RUNTIME}.wasm`,
    bytes: 26_861_777,
    sha384: 'JuzrCV6BUmTUbsgNhgU94qo0vZ4l3w0VqgQAKPm0La2hXL9kmv8P9pGenfsWJY9c',
  },
  hub: 'https://huggingface.co/',
  repository: 'onnx-community/depth-anything-v2-small',
  revision: '4472b7362082ad9968fee890ca0f1e5aca36b93d',
  weightBytes: 99.1e6,
};
