/**
 * A JPEG with an EXIF segment put first, as cameras do, that holds nothing but an orientation, 1 to 8 (TIFF tag
 * 0x0112).
 */
export async function jpegWithOrientation(jpeg: Blob, orientation: number): Promise<Blob> {
  const tiff = [0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0];
  const body = [...new TextEncoder().encode('Exif'), 0, 0, ...tiff];
  const segment = Uint8Array.of(0xff, 0xe1, 0, body.length + 2, ...body);
  return new Blob([jpeg.slice(0, 2), segment, jpeg.slice(2)], { type: 'image/jpeg' });
}
