/** What a service worker has of the platform: the types of the page and of workers exclude each other. */
interface Extendable extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface Fetch extends Event {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}
interface Worker {
  readonly clients: { claim(): Promise<void> };
  addEventListener(type: 'install' | 'activate', listener: (event: Extendable) => void): void;
  addEventListener(type: 'fetch', listener: (event: Fetch) => void): void;
}

/** Files of the page, relative to it, and what they are together: the build writes them here. */
declare const PAGE_FILES: readonly string[];
/** Those that few visitors ask for, which are kept from then on. */
declare const LATER_FILES: readonly string[];
declare const PAGE_VERSION: string;

const worker = self as unknown as Worker;
const PREFIX = 'depthwise-page-';
const CACHE = PREFIX + PAGE_VERSION;
const PAGE = new URL('./', location.href).href;
/** Names of files there say what is in them: others may change under their name. */
const HASHED = new URL('assets/', PAGE).href;
const addressOf = (path: string) => new URL(path, PAGE).href;
const KEPT = new Set([PAGE, ...PAGE_FILES.map(addressOf)]);
const LATER = new Set(LATER_FILES.map(addressOf));

worker.addEventListener('install', (event) => {
  // A newer worker waits until the pages of the older one are closed: those may fetch parts of themselves yet.
  // Asked of the server: the browser's own cache may have an older page, with names of files that are gone.
  const requests = [...KEPT].map((url) => new Request(url, { cache: 'no-cache' }));
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(requests)));
});

worker.addEventListener('activate', (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => names.filter((name) => name.startsWith(PREFIX) && name !== CACHE))
      .then((old) => Promise.all(old.map((name) => caches.delete(name))))
      .then(() => worker.clients.claim()),
  );
});

worker.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  url.search = url.hash = '';
  if (request.method !== 'GET') return;
  if (LATER.has(url.href)) return event.respondWith(keptLater(url.href, request));
  if (!KEPT.has(url.href)) return;
  // From the network where there is one, so that a new version is seen at once, and whole.
  const hashed = url.href.startsWith(HASHED);
  event.respondWith(hashed ? kept(url.href, request) : fetch(request).catch(() => kept(url.href)));
});

async function kept(url: string, request?: Request): Promise<Response> {
  const cache = await caches.open(CACHE);
  return (await cache.match(url)) ?? (request ? fetch(request) : Response.error());
}

async function keptLater(url: string, request: Request): Promise<Response> {
  const cache = await caches.open(CACHE);
  const found = await cache.match(url);
  if (found) return found;
  const response = await fetch(request);
  if (response.ok) await cache.put(url, response.clone());
  return response;
}
