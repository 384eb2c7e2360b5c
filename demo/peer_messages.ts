import type { PeerLibrary } from './peer_library.js';

/** Pixels without transparency, [height,width,3], 0…255. */
export interface RgbPicture {
  readonly rgb: Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
}

/** What the page asks of the worker that runs the peer. */
export type PeerRequest = { readonly load: PeerLibrary } | { readonly estimate: RgbPicture };

/** Bytes that came over the network for the peer. */
export interface PeerBytes {
  readonly code: number;
  readonly weights: number;
}

/** A map of the peer: values [height,width] of relative inverse depth, and what the call took. */
export interface PeerMap {
  readonly values: Float32Array;
  readonly milliseconds: number;
}

/** What the worker says. Each request ends in one answer that is no progress. */
export type PeerAnswer =
  | { readonly progress: { readonly loaded: number; readonly total: number; readonly what: 'code' | 'weights' } }
  | { readonly loaded: PeerBytes }
  | { readonly map: PeerMap }
  | { readonly failure: string };
