import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { build, createServer, preview, type Connect, type Plugin } from 'vite';
import { ROOT } from './chromium.js';

/** Files that tests serve beside a page. */
export class ServedFiles {
  readonly #files = new Map<string, (response: ServerResponse, request: IncomingMessage) => void>();
  /** Paths in the order they were asked for. */
  readonly requests: string[] = [];
  /** Paths whose bytes were sent, in order: not those that the page had as they are. */
  readonly sent: string[] = [];

  add(path: string, bytes: Uint8Array): this {
    const tag = `"${createHash('sha256').update(bytes).digest('hex')}"`;
    return this.answer(path, (response, request) => {
      response.setHeader('etag', tag);
      if (request.headers['if-none-match'] === tag) return void response.writeHead(304).end();
      this.sent.push(path);
      response.setHeader('content-length', bytes.length);
      response.end(bytes);
    });
  }

  answer(path: string, answer: (response: ServerResponse, request: IncomingMessage) => void): this {
    this.#files.set(path, answer);
    return this;
  }

  plugin(): Plugin {
    const serve: Connect.NextHandleFunction = (request, response, next) => {
      const path = new URL(request.url ?? '/', 'http://localhost').pathname;
      const answer = this.#files.get(path);
      if (!answer) return next();
      this.requests.push(path);
      answer(response, request);
    };
    return {
      name: 'served-files',
      configureServer: (server) => void server.middlewares.use(serve),
      configurePreviewServer: (server) => void server.middlewares.use(serve),
    };
  }
}

export interface Served {
  readonly url: string;
  close(): Promise<void>;
}

const CONFIG = join(ROOT, 'demo/vite.config.ts');

/** No eval, no WebAssembly, no worker but the page's own service worker, no inline code, no other origin. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob:",
  'media-src blob:',
  "connect-src 'self'",
  "manifest-src 'self'",
  "require-trusted-types-for 'script'",
  'trusted-types service-worker peer heif-worker',
].join('; ');

/** Of the worker that runs another library, once the visitor asks for it: what was checked, and its WebAssembly. */
const peerPolicy = (hosts: string) =>
  ["default-src 'none'", "script-src 'self' blob: 'wasm-unsafe-eval'", `connect-src ${hosts}`].join('; ');

/** Where `serveBuilt` builds the page: a folder for each process of the suite. */
export const BUILT_PAGE = outputOf('demo');

function outputOf(name: string): string {
  return join(ROOT, 'test/output', `${name}-${process.env['VITEST_POOL_ID'] ?? 1}`);
}

/** What stands for another library in a page that is built for a test: its list of files, and where they are. */
export interface PeerStandIn {
  /** Text of the module that stands for `demo/peer_library.ts`. */
  readonly module: string;
  /** Sources that its worker may fetch from. */
  readonly hosts: string;
}

/** Builds the page and serves it under a strict content security policy. */
export async function serveBuilt(files: ServedFiles, peer?: PeerStandIn): Promise<Served> {
  const standIn: Plugin = {
    name: 'peer-stand-in',
    enforce: 'pre',
    load: (id) => (peer && id.endsWith('/demo/peer_library.ts') ? peer.module : undefined),
    configurePreviewServer: ({ middlewares }) =>
      void middlewares.use(({ url = '' }, response, next) => {
        const isPeer = url.includes('/peer_worker-');
        response.setHeader('Content-Security-Policy', isPeer ? peerPolicy(peer?.hosts ?? "'none'") : POLICY);
        next();
      }),
  };
  const shared = { configFile: CONFIG, logLevel: 'warn', build: { outDir: BUILT_PAGE } } as const;
  await build({ ...shared, plugins: [standIn] });
  const server = await preview({
    ...shared,
    plugins: [standIn, files.plugin()],
    preview: { host: 'localhost', port: 0 },
  });
  return { url: server.resolvedUrls?.local[0] as string, close: () => server.close() };
}

/**
 * Serves the library as it is published, alone, under a policy that lets a page start its worker.
 * @param name of a folder for it, which goes when the server closes
 */
export async function serveLibrary(files: ServedFiles, name: string): Promise<Served> {
  const outDir = join(ROOT, 'test/output', name);
  const shared = { configFile: join(ROOT, 'vite.config.ts'), root: ROOT, logLevel: 'error' } as const;
  await build({ ...shared, build: { outDir, emptyOutDir: true } });
  const server = await preview({
    ...shared,
    build: { outDir },
    plugins: [files.plugin()],
    preview: {
      host: 'localhost',
      port: 0,
      headers: {
        'Content-Security-Policy': POLICY.replace("script-src 'self'", "script-src 'self'; worker-src 'self'"),
      },
    },
  });
  const close = async () => {
    await server.close();
    await rm(outDir, { recursive: true });
  };
  return { url: server.resolvedUrls?.local[0] as string, close };
}

/** Serves a folder from source with the page's configuration, as `npm run demo` does with the page. */
export async function serveSource(files: ServedFiles, folder = 'demo'): Promise<Served> {
  const root = join(ROOT, folder);
  const server = await createServer({
    configFile: CONFIG,
    root,
    cacheDir: outputOf('vite'),
    logLevel: 'warn',
    plugins: [files.plugin()],
    server: { host: 'localhost', port: 0, hmr: false },
  });
  await server.listen();
  return { url: server.resolvedUrls?.local[0] as string, close: () => server.close() };
}
