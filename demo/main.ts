import type { ColormapName } from 'depthwise';
import { colormaps } from 'depthwise/colormaps';
import { element, option, setNotice } from './elements.js';
import { linkTo, readParameters, readSettings } from './parameters.js';
import { Share } from './share.js';
import { Workbench } from './workbench.js';

// Not awaited: what the page fetches later imports this script, and would wait for itself.
void start();

async function start(): Promise<void> {
  const { gpu } = navigator as Partial<Navigator>;
  if (await gpu?.requestAdapter().catch(() => null)) return openPage();
  for (const id of ['controls', 'stage']) element(id, HTMLElement).hidden = true;
  try {
    const { sayWhatIsMissing } = await import('./support.js');
    sayWhatIsMissing(gpu !== undefined);
  } finally {
    element('unsupported', HTMLElement).hidden = false;
  }
}

async function openPage(): Promise<void> {
  const parameters = readParameters(location);
  const settings = readSettings(location);
  const colormap = element('colormap', HTMLSelectElement);
  colormap.append(...Object.keys(colormaps).map((name) => option(name, name.replace('_r', ' reversed'))));
  const wanted = parameters.colormap;
  if (wanted && Object.hasOwn(colormaps, wanted)) colormap.value = wanted;
  const invert = element('invert', HTMLInputElement);
  invert.checked = parameters.invert === '1';
  const workbench = new Workbench(settings, () => ({
    colormap: colormap.value as ColormapName,
    invert: invert.checked,
  }));
  const share = new Share(
    () =>
      linkTo(
        {
          ...workbench.parameters,
          colormap: colormap.value === colormap.options[0]?.value ? undefined : colormap.value,
          invert: invert.checked ? '1' : undefined,
        },
        workbench.settings,
        location.search,
      ),
    (text) => workbench.say(text),
  );
  workbench.onChange = () => share.changed();
  for (const control of [colormap, invert])
    control.addEventListener('change', () => {
      share.changed();
      void workbench.redraw();
    });
  setNotice(element('error', HTMLElement), undefined);
  await workbench.open(parameters);
}
