import { trustedScript } from './trusted_script.js';

/** Keeps the page for visits without a network. What fails here costs that alone, so it is only told. */
export async function keepForOffline(): Promise<void> {
  if (!('serviceWorker' in navigator)) return;
  await navigator.serviceWorker
    .register(trustedScript('service-worker', './service_worker.js'))
    .catch((error: unknown) => console.info('The page is not kept for offline use:', error));
}
