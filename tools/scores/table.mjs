// Writes docs/scores.md: what papers publish of models, the command that measures the same, and what it gave.
//   node tools/scores/table.mjs [DIR]      takes in the files that `depthwise eval --json` wrote to DIR
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const HERE = import.meta.dirname;
const PAGE = join(HERE, '../../docs/scores.md');
const MEASURED = join(HERE, 'measured.json');

/** Where the data of a protocol is, and what of it was used where that is known. */
export const DATA = {
  'midas-kitti-garg': ['kitti', 'KITTI, the test pictures of Eigen, by the crop of Garg: list and tar of Marigold.'],
  'midas-nyu': ['nyu', 'NYUv2, 654 test pictures: list and tar of Marigold.'],
  'midas-sintel': ['MPI-Sintel', 'MPI Sintel, training set, with its depth.'],
  'midas-eth3d': ['eth3d', 'ETH3D, 454 pictures: list and tar of Marigold.'],
  'midas-diode': [
    'diode-indoor',
    'DIODE, the 325 indoor pictures: `diode_val_indoor_filename_list.txt` and the tar of Marigold. On all 771 others ' +
      'measure an AbsRel near .21 ([issue 280](https://github.com/DepthAnything/Depth-Anything-V2/issues/280)).',
  ],
  'da-2k': ['DA-2K.zip', 'DA-2K: the zip as it is published.'],
  'midas-kitti': ['kitti', 'KITTI, the test pictures of Eigen: list and tar of Marigold.'],
  'vda-kitti-500': ['vda/kitti', '`kitti_video_500.json` and the frames that it lists.'],
  'vda-scannet-500': ['vda/scannet', '`scannet_video_500.json` and the frames that it lists.'],
  'vda-bonn-500': ['vda/bonn', '`bonn_video_500.json` and the frames that it lists.'],
  'vda-nyuv2-500': ['vda/nyuv2', '`nyuv2_video_500.json` and the frames that it lists.'],
  'vda-sintel': ['vda/sintel', '`sintel_video.json` and the frames that it lists.'],
};

const METRICS = { absRel: 'AbsRel', delta: 'δ<1.25', accuracy: 'accuracy' };

const INTRO = `# Scores of the published models

What papers and authors publish, the command that measures the same here, and what it gave. **What says *not measured*
has not been run**: neither the weights nor most of the data are free to pass on. The commands are the same for anyone
who has the data; [the layouts](evaluation.md#public-benchmarks) are read as they are published, archives included.
[The protocols](evaluation.md#protocols) say how a score is made.

\`\`\`sh
node tools/scores/table.mjs scores    # in the repository, built: takes in the files in scores/, writes this page
\`\`\`

Published numbers are as their authors measured them, with more digits where they have more. Depth Anything's authors
do not publish the code behind their table of KITTI to DIODE: the protocol beside it is the one that their papers name,
that of MiDaS, with the crop and the pictures that later evaluations found closest. MiDaS's authors publish the share
of pixels beyond a factor of 1.25; the table has what is left to 100 %. Their DPT on BEiT, Swin, Swin2, Next-ViT and
LeViT was trained on KITTI and NYUv2. Video Depth Anything's own rows are not here: they are of whole clips, and the
benchmark asks for one frame at a time.
`;

/** @returns the command that measures a row */
export function commandOf({ model, protocol }, licensed) {
  const [folder] = DATA[protocol];
  const own = protocol === 'da-2k' || protocol.startsWith('vda-');
  return [
    `npx depthwise eval -m ${model} --data ${folder}`,
    ...(own ? [] : [`--protocol ${protocol}`]),
    ...(licensed.has(model) ? ['--accept-license'] : []),
    `--json scores/${model}-${protocol}.json`,
  ].join(' ');
}

/**
 * The page.
 * @param published { sources, rows }: published.json
 * @param measured scores by `MODEL PROTOCOL`: measured.json
 * @param licensed models whose licence has to be accepted
 */
export function scoresPage({ sources, rows }, measured, licensed) {
  const sections = Object.entries(DATA).map(([protocol, [, data]]) => {
    const own = rows.filter((row) => row.protocol === protocol);
    const lines = own.map((row) => {
      const keys = Object.keys(row.published);
      const show = (scores) => keys.map((key) => `${METRICS[key]} ${scores[key]}`).join(', ');
      const [title, url] = sources[row.source];
      const found = measured[`${row.model} ${protocol}`];
      const cells = [`\`${row.model}\``, show(row.published), `[${title}](${url})`];
      return `| ${[...cells, found ? show(found) : 'not measured', `\`${commandOf(row, licensed)}\``].join(' | ')} |`;
    });
    const head = ['| model | published | from | measured | command |', '|---|---|---|---|---|'];
    return [`## ${protocol}`, '', wrapped(data), '', ...head, ...lines, ''].join('\n');
  });
  return [INTRO, ...sections].join('\n');
}

/** Scores of files of `depthwise eval --json`, by model and protocol, to four digits. */
export function measuredOf(files) {
  return Object.fromEntries(
    files.flatMap(({ model, folders, mean }) => {
      const parts = mean.accuracy === undefined ? Object.entries(folders) : [['da-2k', mean]];
      return parts.map(([protocol, scores]) => {
        const kept = Object.keys(METRICS).filter((key) => scores[key] !== undefined);
        return [`${model} ${protocol}`, Object.fromEntries(kept.map((key) => [key, Number(scores[key].toFixed(4))]))];
      });
    }),
  );
}

/** Lines of at most 120 columns. */
function wrapped(text) {
  return text.replace(/(.{1,119})(?: |$)/g, '$1\n').trimEnd();
}

export const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { depthModels } = await import('../../dist/node/index.js');
  const [folder] = process.argv.slice(2);
  const names = folder === undefined ? [] : readdirSync(folder).filter((name) => name.endsWith('.json'));
  const measured = { ...readJson(MEASURED), ...measuredOf(names.map((name) => readJson(join(folder, name)))) };
  writeFileSync(MEASURED, `${JSON.stringify(measured, null, 2)}\n`);
  const licensed = new Set(depthModels.filter(({ permissive }) => !permissive).map(({ name }) => name));
  writeFileSync(PAGE, scoresPage(readJson(join(HERE, 'published.json')), measured, licensed));
}
