/** How files of weights begin: a zip archive and a pickle, as torch.save writes them, and a safetensors header. */
const STARTS: readonly (readonly [at: number, bytes: readonly number[]])[] = [
  [0, [0x50, 0x4b, 0x03, 0x04]],
  [0, [0x80, 0x02]],
  // A header's length is below 2³² bytes; then comes its JSON.
  [4, [0, 0, 0, 0, 0x7b]],
];

/** Whether a file holds weights, by its first bytes: its name and its type may say anything. */
export async function isWeights(file: Blob): Promise<boolean> {
  const start = new Uint8Array(await file.slice(0, 16).arrayBuffer());
  return STARTS.some(([at, bytes]) => bytes.every((byte, i) => start[at + i] === byte));
}
