/** Pixels of what a large picture is made into: as many as every browser's canvas takes. */
const MOST_PIXELS = 2 ** 24;

/**
 * A picture as JPEG, smaller: at most `side` pixels long. What cameras make so large is a photograph.
 * @throws Error where the browser cannot draw it
 */
export async function smaller({ blob, width, height }: PictureFile, side: number): Promise<Blob> {
  const part = Math.min(side / Math.max(width, height), Math.sqrt(MOST_PIXELS / (width * height)));
  const [w, h] = [width, height].map((length) => Math.max(1, Math.floor(length * part))) as [number, number];
  const canvas = new OffscreenCanvas(w, h);
  const context = canvas.getContext('2d');
  if (!context) throw new Error(`The picture of ${width} × ${height} is larger than this browser can draw.`);
  const bitmap = await createImageBitmap(blob, { resizeWidth: w, resizeHeight: h, resizeQuality: 'high' });
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return canvas.convertToBlob({ type: 'image/jpeg', quality: 0.95 });
}

interface PictureFile {
  readonly blob: Blob;
  readonly width: number;
  readonly height: number;
}
