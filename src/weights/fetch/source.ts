import { quote, UsageError } from '../../errors.js';

export interface SourceOptions {
  /** Where `hf:` names are looked up; `https://huggingface.co` unless given. */
  readonly hubUrl?: string | undefined;
  /** What a relative URL is relative to; the page, in a browser. */
  readonly baseUrl?: string | undefined;
}

export interface ResolvedSource {
  readonly url: string;
  /** Key of the file in a cache; undefined where it is kept under the commit it is pinned to, or not at all. */
  readonly cacheKey: string | undefined;
  /** Whether the key can never mean other bytes; otherwise the server is asked before a kept copy is used. */
  readonly pinned: boolean;
  /** Given where the file is of a hub revision that moves. */
  readonly moving?: MovingRevision;
}

/** A branch or tag of a hub repository: its name stays, its commit changes. */
export interface MovingRevision {
  /** Answers with JSON that has the commit as `sha`. */
  readonly lookupUrl: string;
  /** The same file at a commit, as a source. */
  readonly at: (commit: string) => string;
}

const HUB_URL = 'https://huggingface.co';
const HUB_FILE = 'model.safetensors';
const HUB_FORM =
  'Write hf:org/repo@revision, where revision is the commit to pin (40 hexadecimal digits); ' +
  'hf:org/repo@revision/file ' +
  'for a file other than model.safetensors.';
/** What never moves. */
export const COMMIT = /^[0-9a-f]{40}$/;

/**
 * Turns `hf:org/repo@revision[/file]` or a URL into what to fetch. A hub branch such as `main` moves: it
 * is cached by the commit it is pinned to.
 * @throws UsageError `SOURCE_REVISION` for a hub name without a revision, `SOURCE_PACKAGED` for a file of this package,
 *   whose
 *   address only a bundler or Node knows, `SOURCE_INVALID` for anything that is not a source
 */
export function resolveSource(text: string, options: SourceOptions = {}): ResolvedSource {
  if (text.startsWith('hf:')) return resolveHub(text, options.hubUrl ?? HUB_URL);
  const packaged = packagedFile(text);
  if (packaged !== undefined) {
    throw new UsageError('SOURCE_PACKAGED', `A page cannot tell where ${packaged} of this package is served.`, {
      hint: `Load import('depthwise/${packaged.replace(/\..*/, '')}').default.`,
      actual: text,
      phase: 'load',
    });
  }
  let url: URL;
  try {
    url = new URL(text, options.baseUrl ?? (globalThis as { location?: { href?: string } }).location?.href);
  } catch (cause) {
    throw new UsageError('SOURCE_INVALID', `${quote(text)} is neither a URL nor a hub name.`, {
      hint: HUB_FORM,
      actual: text,
      phase: 'load',
      cause,
    });
  }
  const web = url.protocol === 'http:' || url.protocol === 'https:';
  const hub = new URL(options.hubUrl ?? HUB_URL).origin;
  const [, repo, revision, file] =
    (url.origin === hub && /^\/([^/]+\/[^/]+)\/resolve\/([^/]+)\/(.+)$/.exec(url.pathname)) || [];
  if (repo === undefined || revision === undefined || COMMIT.test(revision))
    return { url: url.href, cacheKey: web ? cacheKeyOf(url) : undefined, pinned: revision !== undefined };
  const moving: MovingRevision = {
    lookupUrl: lookupUrl(hub, repo, revision),
    at: (commit) => `${hub}/${repo}/resolve/${commit}/${file}${url.search}`,
  };
  return { url: url.href, cacheKey: undefined, pinned: false, moving };
}

function resolveHub(text: string, hubUrl: string): ResolvedSource {
  const found = /^hf:([\w.-]+\/[\w.-]+)(?:@([\w.%-]+)(?:\/(.+))?)?$/.exec(text);
  const [, repo, revision, file = HUB_FILE] = found ?? [];
  const parts = [...(repo?.split('/') ?? []), revision ?? '', ...file.split('/')];
  if (repo === undefined || parts.some((part) => part === '.' || part === '..')) {
    throw new UsageError('SOURCE_INVALID', `${quote(text)} is not the name of a file on the hub.`, {
      hint: HUB_FORM,
      actual: text,
      phase: 'load',
    });
  }
  if (revision === undefined) {
    throw new UsageError('SOURCE_REVISION', `${quote(text)} has no revision, so it could be another file tomorrow.`, {
      hint: HUB_FORM,
      actual: text,
      phase: 'load',
    });
  }
  const path = file.split('/').map(encodeURIComponent).join('/');
  const hub = hubUrl.replace(/\/+$/, '');
  const url = `${hub}/${repo}/resolve/${revision}/${path}`;
  if (COMMIT.test(revision)) return { url, cacheKey: url, pinned: true };
  return {
    url,
    cacheKey: undefined,
    pinned: false,
    moving: { lookupUrl: lookupUrl(hub, repo, revision), at: (commit) => `hf:${repo}@${commit}/${file}` },
  };
}

function lookupUrl(hub: string, repo: string, revision: string): string {
  return `${hub}/api/models/${repo}/revision/${revision}`;
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
