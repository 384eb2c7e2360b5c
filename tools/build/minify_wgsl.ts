/** Blanks and comments, a name, a number, or one sign. */
const TOKEN = /\s+|\/\/[^\n]*|\/\*[^]*?\*\/|[A-Za-z_]\w*|\.?\d(?:[eE][+-]|[\w.])*|[^\s\w]/g;
const LETTERS = [...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'];

/**
 * WGSL without comments and needless blanks, and with short names for parameters and variables of functions. What is
 * declared outside functions keeps its name: files use each other's declarations, and the library reads tunables,
 * bindings and uniform fields off the text. Every function is a line of its own, for messages.
 */
export function minifyWgsl(source: string): string {
  const tokens = (source.match(TOKEN) ?? []).filter((token) => !/^(?:\s|\/[/*])/.test(token));
  const short: string[] = [];
  for (let at = 0; at < tokens.length;) {
    const end = tokens[at] === 'fn' ? functionEnd(tokens, at) : at + 1;
    const part = tokens.slice(at, end);
    short.push(...(tokens[at] === 'fn' ? shortenNames(part) : part));
    at = end;
  }
  return joined(short);
}

/** Index past the closing brace of the function that starts at `start`. */
function functionEnd(tokens: readonly string[], start: number): number {
  let at = tokens.indexOf('{', start);
  if (at < 0) throw new Error(`fn ${tokens[start + 1]} has no body.`);
  for (let depth = 1; depth > 0;) {
    const token = tokens[++at];
    if (token === undefined) throw new Error(`fn ${tokens[start + 1]} does not end.`);
    depth += token === '{' ? 1 : token === '}' ? -1 : 0;
  }
  return at + 1;
}

/** A function with new names for its parameters and variables; a name for two of them stays one name. */
function shortenNames(tokens: readonly string[]): string[] {
  const body = tokens.indexOf('{');
  const locals = new Set(
    tokens.filter(
      (name, i) =>
        isName(name) && (/^(?:let|var)$/.test(tokens[i - 1] ?? '') || (i > 2 && i < body && tokens[i + 1] === ':')),
    ),
  );
  const taken = new Set(tokens.filter((token, i) => !locals.has(token) || isFixed(tokens, i)));
  const names = new Map<string, string>();
  for (const local of locals) {
    // Its own first or last letter, where they are free: what functions have in common stays alike, and packs better.
    const letters = [local[0] as string, local.at(-1) as string, ...LETTERS];
    const name = letters.find((letter) => /[A-Za-z]/.test(letter) && !taken.has(letter)) ?? local;
    names.set(local, name);
    taken.add(name);
  }
  return tokens.map((token, i) => (isFixed(tokens, i) ? token : (names.get(token) ?? token)));
}

/** Whether the token is a member, the name of an attribute, or the argument of `@builtin`. */
function isFixed(tokens: readonly string[], i: number): boolean {
  return tokens[i - 1] === '.' || tokens[i - 1] === '@' || (tokens[i - 1] === '(' && tokens[i - 2] === 'builtin');
}

function isName(token: string): boolean {
  return /^[A-Za-z_]/.test(token);
}

function joined(tokens: readonly string[]): string {
  let [text, depth] = ['', 0];
  for (const token of tokens) {
    text += /\w$|\bvar<[\w,]+>$/.test(text) && /^\w/.test(token) ? ` ${token}` : token;
    if (token === '{') depth++;
    if (token === '}' && --depth === 0) text += '\n';
  }
  return text.trimEnd();
}
