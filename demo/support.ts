import { element } from './elements.js';

/**
 * Says why depth cannot be estimated on this page, and what to do.
 * @param known whether the browser has WebGPU, but no GPU for it
 */
export function sayWhatIsMissing(known: boolean): void {
  const reason = element('unsupported-reason', HTMLElement);
  reason.textContent = reasonOf(known);
  const list = Object.assign(document.createElement('a'), {
    href: 'https://caniuse.com/webgpu',
    textContent: 'caniuse.com/webgpu',
  });
  const flag = Object.assign(document.createElement('code'), { textContent: 'chrome://flags/#enable-unsafe-webgpu' });
  const advice = document.createElement('p');
  advice.append('Recent versions of Chrome, Edge, Firefox and Safari have it on most systems; ', list);
  advice.append(' lists which. On Linux, Chrome may need it switched on at ', flag, '.');
  reason.after(advice);
}

function reasonOf(known: boolean): string {
  if (known) return 'This browser knows WebGPU, but found no GPU that it can use.';
  return globalThis.isSecureContext
    ? 'This browser does not offer WebGPU, or has it switched off.'
    : 'Browsers offer WebGPU to secure pages only: open this one over https, or on localhost.';
}
