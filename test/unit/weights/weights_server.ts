import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A server on this machine that gives the answers of a list, one per request, and the last one from then on. */
export class WeightsServer {
  readonly requests: IncomingMessage[] = [];
  answers: Answer[] = [];
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      const answer = this.answers[Math.min(this.requests.length, this.answers.length - 1)]!;
      this.requests.push(request);
      answer(request, response);
    });
  }

  static async start(): Promise<WeightsServer> {
    const server = new WeightsServer();
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  answer(...answers: Answer[]): void {
    this.requests.length = 0;
    this.answers = answers;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** Answers with these bytes and headers. */
export const sends =
  (body: Uint8Array | string, headers: Record<string, string> = {}, status = 200): Answer =>
  (_, response) => {
    response.writeHead(status, { 'content-length': Buffer.byteLength(body), ...headers }).end(body);
  };

/** Promises the whole body, sends the first bytes of it, and hangs up. */
export const breaksOff =
  (body: Uint8Array, after: number, headers: Record<string, string> = {}): Answer =>
  (_, response) => {
    response.writeHead(200, { 'content-length': body.length, ...headers });
    response.write(body.subarray(0, after), () => setTimeout(() => response.destroy(), 10));
  };

/** Answers a range request with the bytes asked for. */
export const resumes =
  (body: Uint8Array, headers: Record<string, string> = {}): Answer =>
  (request, response) => {
    const from = Number(/^bytes=([0-9]+)-$/.exec(request.headers.range ?? '')?.[1]);
    const part = body.subarray(from);
    response
      .writeHead(206, {
        'content-length': part.length,
        'content-range': `bytes ${from}-${body.length - 1}/${body.length}`,
        ...headers,
      })
      .end(part);
  };
