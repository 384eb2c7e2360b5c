import { NetworkError } from '../errors.js';

/**
 * Says in an error of the network that a proxy may be why: Node's fetch does not follow the variables that name one
 * unless it is told to.
 * @returns the error with a hint; anything else as it is
 */
export function withProxyHint(
  error: unknown,
  env: Readonly<Record<string, string | undefined>> = process.env,
): unknown {
  if (!(error instanceof NetworkError)) return error;
  const proxy = ['HTTPS_PROXY', 'HTTP_PROXY', 'ALL_PROXY']
    .flatMap((name) => [name, name.toLowerCase()])
    .find((name) => env[name]);
  const { code, message, source, limit, expected, actual, phase, retryable, cause } = error;
  const hint =
    (code === 'NET_HTTP' && actual === 407) || isTunnelRefused(cause)
      ? `A proxy${proxy ? ` (${proxy})` : ''} asks for a name and a password.`
      : code === 'NET_UNREACHABLE' && proxy !== undefined
        ? `${unreachable(proxy, env['NODE_USE_ENV_PROXY'])} Or download the file and pass it.`
        : undefined;
  if (hint === undefined) return error;
  return new NetworkError(code, message, {
    hint,
    expected,
    actual,
    retryable,
    cause,
    ...(source !== undefined && { source }),
    ...(limit !== undefined && { limit }),
    ...(phase !== undefined && { phase }),
  });
}

/** Versions of Node whose fetch can follow a proxy. */
const FOLLOWS = '(Node 22.21, 24 or newer)';

/** What a proxy that is named has to do with a server that does not answer. */
function unreachable(proxy: string, used: string | undefined): string {
  if (/^all_proxy$/i.test(proxy))
    return `${proxy} is set, which Node's fetch does not follow: set HTTPS_PROXY and NODE_USE_ENV_PROXY=1 ${FOLLOWS}.`;
  return used === '1'
    ? `${proxy} is set: it may be the proxy that does not answer, or this Node does not follow it ${FOLLOWS}.`
    : `${proxy} is set, which Node's fetch follows only with NODE_USE_ENV_PROXY=1 ${FOLLOWS}.`;
}

/** Whether a proxy answered 407 to the request for a way to an https server, which fetch gives no answer for. */
function isTunnelRefused(cause: unknown): boolean {
  for (let each = cause; each instanceof Error; each = each.cause)
    if (/proxy response \(407\)/i.test(each.message)) return true;
  return false;
}
