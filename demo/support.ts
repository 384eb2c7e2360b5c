/** Why depth cannot be estimated on this page, in words; undefined where it can. */
export async function missingSupport(): Promise<string | undefined> {
  const { gpu } = navigator as Partial<Navigator>;
  if (!gpu) {
    return globalThis.isSecureContext
      ? 'This browser does not offer WebGPU, or has it switched off.'
      : 'Browsers offer WebGPU to secure pages only: open this one over https, or on localhost.';
  }
  const adapter = await gpu.requestAdapter().catch(() => null);
  return adapter ? undefined : 'This browser knows WebGPU, but found no GPU that it can use.';
}
