import { readFileSync } from 'node:fs';

/**
 * Suites whose packages a file of apt's sources gives, in either form of sources.list(5); none where it cannot be read.
 */
export function aptSuites(path) {
  let text;
  try {
    text = readFileSync(path, 'utf8').replace(/^\s*#.*\n?/gm, '');
  } catch {
    return [];
  }
  if (path.endsWith('.sources')) return text.split(/\n\s*\n/).flatMap(suitesOfStanza);
  return path.endsWith('.list') ? Array.from(text.matchAll(LINE), ([, suite]) => suite) : [];
}

/** `deb [options] uri suite components`. */
const LINE = /^\s*deb\s+(?:\[[^\]]*\]\s*)?\S+\s+(\S+)/gm;

/** deb822: a field goes on in the lines below it that begin with a blank. */
function suitesOfStanza(stanza) {
  const fields = stanza.replace(/\n[ \t]+/g, ' ').matchAll(/^([\w-]+):[ \t]*(.*)$/gm);
  const { types, suites, enabled } = Object.fromEntries(
    Array.from(fields, ([, name, value]) => [name.toLowerCase(), value.trim().split(/\s+/)]),
  );
  const off = /^(no|false|without|off|disable|0)$/i.test(enabled?.[0] ?? '');
  return types?.includes('deb') && !off ? (suites ?? []) : [];
}
