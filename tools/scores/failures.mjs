// Draws the picture of docs/nano-failures.md from a report of the failure suite of one model.
//   npx depthwise eval --suite failures -m nano -o report
//   node tools/scores/failures.mjs report docs/nano-failures.jpg
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';

const [folder, output] = process.argv.slice(2);
if (!output) {
  process.stderr.write('usage: node tools/scores/failures.mjs REPORT PICTURE.jpg\n');
  process.exit(2);
}
/** Sides of a figure and between figures, in pixels; questions stand in so many columns. */
const FIGURE = { width: 160, height: 120 };
const GAP = 2;
const LABEL = 18;
const COLUMNS = 2;
/** Of each question: picture, truth, map, confidence. */
const FIGURES = 4;

const html = await readFile(join(folder, 'index.html'), 'utf8');
const questions = html.split('<h2>').flatMap((section) => {
  const figures = [...section.matchAll(/src="data:image\/png;base64,([^"]*)"/g)].map(([, data]) => data);
  return figures.length > 0 ? [{ name: section.slice(0, section.indexOf('<')), figures }] : [];
});
const other = questions.find(({ figures }) => figures.length !== FIGURES);
if (questions.length === 0 || other) {
  const what = other ? `${other.name} has ${other.figures.length} figures` : 'has no questions';
  process.stderr.write(`${folder}: ${what}, and a report of one model has ${FIGURES} of each\n`);
  process.exit(1);
}

const cell = { width: FIGURES * (FIGURE.width + GAP) + 12, height: LABEL + FIGURE.height + GAP };
const rows = Math.ceil(questions.length / COLUMNS);
const parts = await Promise.all(
  questions.map(async ({ name, figures }, k) => {
    const [left, top] = [(k % COLUMNS) * cell.width, Math.floor(k / COLUMNS) * cell.height];
    const text = `<text x="0" y="13" font-family="sans-serif" font-size="13">${name}</text>`;
    const label = Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="400" height="${LABEL}">${text}</svg>`);
    const drawn = figures.map(async (data, i) => ({
      input: await sharp(Buffer.from(data, 'base64')).resize(FIGURE.width, FIGURE.height, { fit: 'fill' }).toBuffer(),
      left: left + i * (FIGURE.width + GAP),
      top: top + LABEL,
    }));
    return [{ input: label, left, top }, ...(await Promise.all(drawn))];
  }),
);
const size = { width: COLUMNS * cell.width - 12 - GAP, height: rows * cell.height };
await sharp({ create: { ...size, channels: 3, background: '#fff' } })
  .composite(parts.flat())
  .jpeg({ quality: 70, mozjpeg: true })
  .toFile(output);
