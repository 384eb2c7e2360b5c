/** The one policy of trusted types that the page needs, where a site asks for them. */
interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): string };
}

/** Keeps the page for visits without a network. What fails here costs that alone, so it is only told. */
export async function keepForOffline(): Promise<void> {
  if (!('serviceWorker' in navigator)) return;
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };
  const policy = trustedTypes?.createPolicy('service-worker', { createScriptURL: () => './service_worker.js' });
  await navigator.serviceWorker
    .register(policy?.createScriptURL('') ?? './service_worker.js')
    .catch((error: unknown) => console.info('The page is not kept for offline use:', error));
}
