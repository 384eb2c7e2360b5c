import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fetchHubConfig } from '../../../src/weights/fetch/hub_fetch.js';

const COMMIT = '0123456789abcdef0123456789abcdef01234567';
const small = { model_type: 'depth_anything', backbone_config: { out_indices: [3, 6, 9, 12] } };
const files: Record<string, string> = {
  good: JSON.stringify(small),
  page: '<html>sign in</html>',
  other: '{"model_type": "bert"}',
};

let server: Server;
let hubUrl: string;
beforeAll(async () => {
  server = createServer((request, response) => {
    const body = files[/^\/org\/(\w+)\/resolve\/\w+\/config\.json$/.exec(request.url ?? '')?.[1] ?? ''];
    response.writeHead(body === undefined ? 404 : 200).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  hubUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => void server.close());

const fetchOf = (repo: string, signal?: AbortSignal) => fetchHubConfig(`hf:org/${repo}@${COMMIT}`, { hubUrl, signal });

it('reads the config beside a hub file', async () => {
  expect(await fetchOf('good')).toEqual({ json: small, source: expect.stringContaining('config.json') });
});

it('has nothing to say where the hub has no config, and of sources that are not of the hub', async () => {
  expect(await fetchOf('missing')).toBeUndefined();
  expect(await fetchHubConfig(new Blob([]), {})).toBeUndefined();
  expect(await fetchHubConfig(`${hubUrl}/org/good/resolve/${COMMIT}/model.safetensors`, {})).toBeUndefined();
});

it('refuses a config that is not JSON, and leaves what it should hold to the family', async () => {
  await expect(fetchOf('page')).rejects.toMatchObject({
    name: 'ModelMismatchError',
    code: 'MODEL_CONFIG',
    source: expect.stringContaining('config.json'),
  });
  expect(await fetchOf('other')).toMatchObject({ json: { model_type: 'bert' } });
});

it('stops when told to', async () => {
  await expect(fetchOf('good', AbortSignal.abort())).rejects.toMatchObject({ name: 'AbortError' });
});
