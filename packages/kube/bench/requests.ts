/**
 * Requests a second, and CPU a request, of the client beside bare undici, against a server that answers at once.
 *
 *   node --import tsx --conditions=@fluvial/source packages/kube/bench/requests.ts [--n 20000] [--concurrency 32]
 */
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { Pool } from 'undici';
import { createKubeClient, type KubeObject } from '../src/index.ts';

const { values } = parseArgs({
  options: { n: { type: 'string', default: '20000' }, concurrency: { type: 'string', default: '32' } },
});
const total = Number(values.n);
const concurrency = Number(values.concurrency);

/** The server runs in a thread of its own, so that its work is not counted; thread CPU is measured by wall and usage. */
const serverSource = `
const { createServer } = require('node:http');
const { parentPort, workerData } = require('node:worker_threads');
const discovery = JSON.stringify(workerData.discovery), empty = JSON.stringify({ ...workerData.discovery, items: [] });
const body = JSON.stringify(workerData.object);
createServer((req, res) => {
  req.resume();
  req.on('end', () => {
    const text = req.url === '/api' ? discovery : req.url === '/apis' ? empty : body;
    res.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }).end(text);
  });
}).listen(0, '127.0.0.1', function () { parentPort.postMessage(this.address().port); });
`;

const object: KubeObject = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'a', namespace: 'default', uid: 'u', resourceVersion: '1', labels: { app: 'a' } },
  data: Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`key-${i}`, 'x'.repeat(80)])),
};
const discovery = {
  kind: 'APIGroupDiscoveryList',
  items: [
    {
      metadata: { name: '' },
      versions: [
        {
          version: 'v1',
          resources: [
            { resource: 'configmaps', responseKind: { kind: 'ConfigMap' }, scope: 'Namespaced', verbs: ['get'] },
          ],
        },
      ],
    },
  ],
};

async function measure(name: string, call: () => Promise<unknown>): Promise<void> {
  for (let i = 0; i < 2000; i++) await call();
  const started = performance.now();
  const loop = performance.eventLoopUtilization();
  let left = total;
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      while (left-- > 0) await call();
    }),
  );
  const ms = performance.now() - started;
  const busyMs = performance.eventLoopUtilization(loop).active;
  const rate = Math.round((total / ms) * 1000);
  console.log(
    `${name.padEnd(28)} ${String(rate).padStart(7)} requests/s ${(busyMs / total).toFixed(4)} ms of event loop a request`,
  );
}

const worker = new Worker(serverSource, { eval: true, workerData: { object, discovery } });
const port = await new Promise<number>((resolve) => worker.once('message', resolve));
const pool = new Pool(`http://127.0.0.1:${port}`, { connections: 64 });
const client = createKubeClient({ server: `http://127.0.0.1:${port}` });
const path = '/api/v1/namespaces/default/configmaps/a';
const payload = JSON.stringify(object);

await measure('undici request, get', async () => {
  const { body } = await pool.request({ method: 'GET', path });
  return body.json();
});
await measure('kube client, get', () => client.get(object, 'a', 'default'));
await measure('undici request, apply', async () => {
  const { body } = await pool.request({
    method: 'PATCH',
    path,
    body: payload,
    headers: { 'content-type': 'application/apply-patch+yaml' },
  });
  return body.json();
});
await measure('kube client, apply', () => client.apply(object, { fieldManager: 'bench', force: true }));

await client.close();
await pool.close();
await worker.terminate();
