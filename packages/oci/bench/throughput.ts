/**
 * Push and pull throughput, beside a bare undici loop that moves the same bytes to and from the same server without
 * verifying anything. `npm run bench -w @fluvial/oci`.
 */
import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { startRegistry } from '@fluvial/registry';
import { Agent, request } from 'undici';
import { createOciClient } from '../src/index.ts';

const mib = 1024 * 1024;
const large = randomBytes(64 * mib);
const small = Array.from({ length: 200 }, () => randomBytes(4096));

const registry = await startRegistry();
const client = createOciClient();
const repo = `${registry.address}/bench`;
const agent = new Agent({ connections: 32 });

const time = async (work: () => Promise<unknown>): Promise<number> => {
  const start = performance.now();
  await work();
  return performance.now() - start;
};
const best = async (rounds: number, work: (round: number) => Promise<unknown>): Promise<number> => {
  let shortest = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) shortest = Math.min(shortest, await time(() => work(round)));
  return shortest;
};
const report = (name: string, ours: number, bare: number, unit: string): void => {
  const ratio = (ours / bare).toFixed(2);
  console.log(
    `${name.padEnd(26)} ${ours.toFixed(1).padStart(8)} ms ${bare.toFixed(1).padStart(8)} ms bare   x${ratio}   ${unit}`,
  );
};

const bareServer = createServer((incoming, outgoing) => {
  incoming.resume();
  incoming.on('end', () =>
    outgoing.end(incoming.method === 'GET' ? (incoming.url === '/large' ? large : small[0]) : ''),
  );
}).listen(0, '127.0.0.1');
await new Promise((resolve) => bareServer.once('listening', resolve));
const bareUrl = `http://127.0.0.1:${(bareServer.address() as { port: number }).port}`;
const bareGet = async (url: string): Promise<void> => {
  const { body } = await request(url, { dispatcher: agent });
  for await (const _ of body);
};
const barePut = async (bytes: Uint8Array): Promise<void> => {
  const { body } = await request(`${bareUrl}/put`, { dispatcher: agent, method: 'PUT', body: bytes });
  await body.dump();
};

const digest = `sha256:${createHash('sha256').update(large).digest('hex')}`;
await client.pushBlob(repo, large);
const pull = await best(5, async () => {
  for await (const _ of await client.pullBlob(repo, { digest, size: large.byteLength }));
});
const hashOnly = await best(3, async () => createHash('sha256').update(large).digest());
report(
  'pull 64 MiB',
  pull,
  await best(5, () => bareGet(`${registry.url}/v2/bench/blobs/${digest}`)),
  `${((64 / pull) * 1000).toFixed(0)} MiB/s; sha256 alone ${hashOnly.toFixed(0)} ms`,
);

const push = await best(3, (round) =>
  client.pushBlob(`${repo}/large${round}`, { size: large.byteLength, digest, open: () => chunks(large) }),
);
report(
  'push 64 MiB',
  push,
  await best(3, () => barePut(large)),
  `${((64 / push) * 1000).toFixed(0)} MiB/s; the server hashes, too`,
);

const pushSmall = await best(3, (round) =>
  Promise.all(small.map((bytes) => client.pushBlob(`${repo}/small${round}`, bytes))),
);
report('push 200 x 4 KiB', pushSmall, await best(3, () => Promise.all(small.map(barePut))), '3 requests each, bare 1');

const manifest = new TextEncoder().encode(
  JSON.stringify({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: await client.pushBlob(repo, small[0]!, { mediaType: 'application/x' }),
    layers: [],
  }),
);
await client.pushManifest(`${repo}:1`, manifest, { mediaType: 'application/vnd.oci.image.manifest.v1+json' });
const resolve = await best(3, () => Promise.all(Array.from({ length: 500 }, () => client.resolve(`${repo}:1`))));
const bareResolve = await best(3, () =>
  Promise.all(
    Array.from({ length: 500 }, async () => {
      const { body } = await request(`${registry.url}/v2/bench/manifests/1`, { dispatcher: agent, method: 'HEAD' });
      await body.dump();
    }),
  ),
);
report('resolve 500 times', resolve, bareResolve, `${((500 / resolve) * 1000).toFixed(0)}/s`);

await client.close();
await agent.close();
await registry.close();
bareServer.close();

async function* chunks(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += 256 * 1024) yield bytes.subarray(at, at + 256 * 1024);
}
