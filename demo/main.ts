import type { ColormapName } from 'depthwise';
import { colormaps } from 'depthwise/colormaps';
import { element, option, setNotice } from './elements.js';
import { readParameters } from './parameters.js';
import { missingSupport } from './support.js';
import { Viewer } from './viewer.js';
import { DEFAULTS } from './view_settings.js';
import { Workbench } from './workbench.js';

const reason = await missingSupport();
if (reason === undefined) {
  await openPage();
} else {
  element('unsupported', HTMLElement).hidden = false;
  element('unsupported-reason', HTMLElement).textContent = reason;
  for (const id of ['controls', 'stage']) element(id, HTMLElement).hidden = true;
}

async function openPage(): Promise<void> {
  const parameters = readParameters(location.search);
  const colormap = element('colormap', HTMLSelectElement);
  colormap.append(...Object.keys(colormaps).map((name) => option(name, name.replace('_r', ' reversed'))));
  if (parameters.colormap && parameters.colormap in colormaps) colormap.value = parameters.colormap;
  const invert = element('invert', HTMLInputElement);
  const workbench = new Workbench(
    () => ({ colormap: colormap.value as ColormapName, invert: invert.checked }),
    (fail) => new Viewer({ ...DEFAULTS }, fail, () => undefined),
  );
  for (const control of [colormap, invert]) control.addEventListener('change', () => void workbench.redraw());
  setNotice(element('error', HTMLElement), undefined);
  await workbench.open(parameters);
}
