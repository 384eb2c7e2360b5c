/** Codecs that a depth video can be asked for in, and what they are called. */
export const CODECS = { avc: 'H.264', vp9: 'VP9', av1: 'AV1', vp8: 'VP8' } as const;
export type Codec = keyof typeof CODECS;
