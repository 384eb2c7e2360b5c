import { quote, UsageError } from '../errors.js';

export interface SourceOptions {
  /** Where `hf:` names are looked up; `https://huggingface.co` unless given. */
  readonly hubUrl?: string | undefined;
  /** What a relative URL is relative to; the page, in a browser. */
  readonly baseUrl?: string | undefined;
}

export interface ResolvedSource {
  readonly url: string;
  /** Key of the file in a cache; undefined where the same URL may name other bytes tomorrow. */
  readonly cacheKey: string | undefined;
}

const HUB_URL = 'https://huggingface.co';
const HUB_FILE = 'model.safetensors';
const HUB_FORM = 'Write hf:org/repo@revision, where revision is the commit to pin (40 hexadecimal digits); hf:org/repo@revision/file for a file other than model.safetensors.';
const COMMIT = /^[0-9a-f]{40}$/;

/**
 * Turns `hf:org/repo@revision[/file]` or a URL into what to fetch. A hub branch such as `main` moves, and is never cached.
 * @throws UsageError `SOURCE_REVISION` for a hub name without a revision, `SOURCE_PACKAGED` for a file of this package, whose
 *   address only a bundler or Node knows, `SOURCE_INVALID` for anything that is not a source
 */
export function resolveSource(text: string, options: SourceOptions = {}): ResolvedSource {
  if (text.startsWith('hf:')) return resolveHub(text, options.hubUrl ?? HUB_URL);
  const packaged = packagedFile(text);
  if (packaged !== undefined) {
    throw new UsageError('SOURCE_PACKAGED', `${packaged} comes with this package, but a page cannot tell at which address it is served.`, {
      hint: `With Vite: import url from 'depthwise/${packaged}?url', and pass { weights: url }; with any other tool, the address it gives that file.`, actual: text, phase: 'load',
    });
  }
  let url: URL;
  try {
    url = new URL(text, options.baseUrl ?? (globalThis as { location?: { href?: string } }).location?.href);
  } catch (cause) {
    throw new UsageError('SOURCE_INVALID', `${quote(text)} is neither a URL nor a hub name.`, { hint: HUB_FORM, actual: text, phase: 'load', cause });
  }
  const web = url.protocol === 'http:' || url.protocol === 'https:';
  const revision = /^\/[^/]+\/[^/]+\/resolve\/([^/]+)\//.exec(url.pathname)?.[1];
  const moving = url.origin === new URL(options.hubUrl ?? HUB_URL).origin && revision !== undefined && !COMMIT.test(revision);
  return { url: url.href, cacheKey: web && !moving ? cacheKeyOf(url) : undefined };
}

function resolveHub(text: string, hubUrl: string): ResolvedSource {
  const found = /^hf:([\w.-]+\/[\w.-]+)(?:@([\w.%-]+)(?:\/(.+))?)?$/.exec(text);
  const [, repo, revision, file = HUB_FILE] = found ?? [];
  const parts = [...(repo?.split('/') ?? []), revision ?? '', ...file.split('/')];
  if (repo === undefined || parts.some((part) => part === '.' || part === '..')) {
    throw new UsageError('SOURCE_INVALID', `${quote(text)} is not the name of a file on the hub.`, { hint: HUB_FORM, actual: text, phase: 'load' });
  }
  if (revision === undefined) {
    throw new UsageError('SOURCE_REVISION', `${quote(text)} has no revision, so it could be another file tomorrow.`, { hint: HUB_FORM, actual: text, phase: 'load' });
  }
  const path = file.split('/').map(encodeURIComponent).join('/');
  const url = `${hubUrl.replace(/\/+$/, '')}/${repo}/resolve/${revision}/${path}`;
  return { url, cacheKey: COMMIT.test(revision) ? url : undefined };
}

/** The file a source `package:FILE` names in the models folder of this package; undefined for other sources. */
export function packagedFile(source: string): string | undefined {
  return /^package:([\w-][\w.-]*)$/.exec(source)?.[1];
}

/** A URL for messages: without user, password, query and fragment, any of which may be a secret. */
export function displayUrl(href: string): string {
  const url = new URL(href);
  if (url.protocol === 'data:') return 'data: URL';
  return url.protocol === 'blob:' ? href : `${url.protocol}//${url.host}${url.pathname}`;
}

function cacheKeyOf(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}${url.search}`;
}
