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
    code === 'NET_HTTP' && actual === 407
      ? `A proxy${proxy ? ` (${proxy})` : ''} asks for a name and a password.`
      : code === 'NET_UNREACHABLE' && proxy !== undefined
        ? `${proxy} is set, which Node's fetch follows only with NODE_USE_ENV_PROXY=1 (Node 22.21, 24 or ` +
          `newer). Or download the file and pass it.`
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
