import { DepthFileError } from '../errors.js';
import { pictureOf, readHead, readPicture, type Picture } from '../node/image_file.js';
import { isOwnResult } from '../node/picture_format.js';

/** A picture that a model is scored on. @throws as `readPicture`; DepthFileError EVAL_PAIR for a map */
export async function readScored(path: string): Promise<Picture> {
  refuseMap(await readHead(path), path);
  return readPicture(path);
}

/** The same, of the bytes of a file. */
export async function scoredOf(bytes: Uint8Array, source: string): Promise<Picture> {
  refuseMap(bytes, source);
  return pictureOf(bytes, source);
}

/** A file of depth would be taken for a grey picture, and a model scored on it. */
function refuseMap(head: Uint8Array, source: string): void {
  if (!isOwnResult(head) && !isGrey16(head)) return;
  const what = isOwnResult(head) ? 'is a result of ours' : 'holds 16-bit grey values, as depth does';
  throw new DepthFileError('EVAL_PAIR', `${source}: ${what}, and a picture is asked for here.`, {
    hint: 'If it is a picture, save it with 8 bits.',
    source,
    phase: 'read',
  });
}

/** A PNG of 16 bits without colours. Its first chunk has both behind the size. */
function isGrey16(head: Uint8Array): boolean {
  const isPng = [0x89, 0x50, 0x4e, 0x47].every((byte, i) => head[i] === byte);
  return isPng && head[24] === 16 && (head[25] === 0 || head[25] === 4);
}
