import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startRegistry } from './start-registry.ts';
import { debianRegistryBinary, startDebianRegistry } from './testing/debian-registry.ts';

// The same requests to ours and to Debian's docker-registry: status, body and the headers that clients read must agree.

const hex = (text: string): string => createHash('sha256').update(text).digest('hex');
const config = `sha256:${hex('{}')}`;
const absent = `sha256:${'a'.repeat(64)}`;
const ociManifest = 'application/vnd.oci.image.manifest.v1+json';
const manifest = JSON.stringify({
  schemaVersion: 2,
  mediaType: ociManifest,
  config: { mediaType: 'application/vnd.cncf.flux.config.v1+json', size: 2, digest: config },
  layers: [],
});
const stored = `sha256:${hex(manifest)}`;
const withMissingLayer = manifest.replace('[]', `[{"mediaType":"x/y","size":1,"digest":"${absent}"}]`);

interface Step {
  readonly method: string;
  /** `UPLOAD` begins an upload in `app` first and stands for its location. */
  readonly path: string;
  readonly query?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

const put = (reference: string, body: string, type: string | undefined = ociManifest): Step => ({
  method: 'PUT',
  path: `/v2/app/manifests/${reference}`,
  body,
  headers: type === undefined ? {} : { 'content-type': type },
});
const get = (path: string, headers: Record<string, string> = { accept: ociManifest }): Step => ({
  method: 'GET',
  path,
  headers,
});
const head = (path: string): Step => ({ method: 'HEAD', path, headers: { accept: ociManifest } });
const upload = (method: string, query = '', body = ''): Step => ({
  method,
  path: 'UPLOAD',
  query,
  body,
  headers: { 'content-type': 'application/octet-stream' },
});

const steps: readonly Step[] = [
  get('/v2/'),
  get('/v2/_catalog'),
  get('/v2/none/tags/list'),
  get('/v2/none/tags/list?n=1000'),
  get('/v2/none/manifests/latest'),
  head('/v2/none/manifests/latest'),
  get(`/v2/none/manifests/${absent}`),
  head(`/v2/none/manifests/${absent}`),
  get(`/v2/none/blobs/${absent}`),
  head(`/v2/none/blobs/${absent}`),
  get('/v2/none/blobs/sha256:zz'),
  get('/v2/No/tags/list'),
  get('/v2/a/_b/manifests/latest'),
  get('/v2/app/foo'),
  get('/v2/app/manifests/@bad'),
  { method: 'POST', path: '/v2/app/blobs/uploads/' },
  { method: 'POST', path: `/v2/app/blobs/uploads/?mount=${absent}&from=none` },
  upload('PUT', `digest=${config}`, '{}'),
  upload('PATCH', '', 'abc'),
  upload('PUT', `digest=${absent}`, 'x'),
  upload('PUT', '', 'x'),
  upload('PUT', 'digest=foo', 'x'),
  upload('DELETE'),
  { method: 'POST', path: `/v2/other/blobs/uploads/?mount=${config}&from=app` },
  head(`/v2/other/blobs/${config}`),
  get(`/v2/app/blobs/${config}`),
  head(`/v2/app/blobs/${config}`),
  get(`/v2/app/blobs/${config}`, { range: 'bytes=1-' }),
  get(`/v2/app/blobs/${config}`, { range: 'bytes=0-0' }),
  get(`/v2/app/blobs/${config}`, { range: 'bytes=-1' }),
  get(`/v2/app/blobs/${config}`, { 'if-none-match': `"${config}"` }),
  get('/v2/app/tags/list'),
  put('1.0', manifest),
  put('1.0', manifest),
  put(stored, manifest),
  put(absent, manifest),
  put('1.0', manifest, 'application/x-unknown'),
  put('1.0', withMissingLayer),
  get('/v2/app/manifests/1.0'),
  head('/v2/app/manifests/1.0'),
  get(`/v2/app/manifests/${stored}`),
  head('/v2/app/manifests/2.0'),
  get('/v2/app/tags/list'),
  get('/v2/app/tags/list?n=1000'),
  get('/v2/_catalog'),
  get('/v2/_catalog?n=1'),
  { method: 'POST', path: '/v2/app/manifests/1.0' },
  { method: 'DELETE', path: `/v2/app/manifests/${absent}` },
  { method: 'DELETE', path: `/v2/app/manifests/${stored}` },
  { method: 'DELETE', path: `/v2/app/manifests/${stored}` },
  get('/v2/app/tags/list'),
  { method: 'DELETE', path: `/v2/app/blobs/${config}` },
  { method: 'DELETE', path: `/v2/app/blobs/${config}` },
  get(`/v2/app/blobs/${config}`),
];

describe.skipIf(debianRegistryBinary === undefined)("answers are those of Debian's docker-registry", () => {
  let ours: { address: string; close(): Promise<void> };
  let theirs: { address: string; close(): Promise<void> };
  beforeAll(async () => {
    [ours, theirs] = await Promise.all([startRegistry(), startDebianRegistry()]);
  });
  afterAll(() => Promise.all([ours.close(), theirs.close()]));

  // One test a step would hide that each builds on those before.
  test('step by step', async () => {
    for (const step of steps) {
      const [own, other] = [await run(ours.address, step), await run(theirs.address, step)];
      expect({ step, ...own }).toEqual({ step, ...other });
    }
  });
});

async function run(address: string, step: Step): Promise<Record<string, unknown>> {
  let url = `http://${address}${step.path}`;
  if (step.path === 'UPLOAD') {
    const started = await fetch(`http://${address}/v2/app/blobs/uploads/`, { method: 'POST' });
    url = started.headers.get('location')!;
    if (step.query) url += `${url.includes('?') ? '&' : '?'}${step.query}`;
  }
  const answer = await fetch(url, {
    method: step.method,
    headers: step.headers ?? {},
    redirect: 'manual',
    ...(step.body ? { body: step.body } : {}),
  });
  const read = (name: string) =>
    answer.headers
      .get(name)
      ?.replace(address, 'REGISTRY')
      .replace(/\/uploads\/.*/, '/uploads/…');
  const names = [
    'accept-ranges',
    'allow',
    'content-length',
    'content-range',
    'content-type',
    'docker-content-digest',
    'docker-distribution-api-version',
    'etag',
    'link',
    'location',
    'range',
  ];
  return {
    status: answer.status,
    body: await answer.text(),
    // RFC 9110 wants HEAD in Allow where GET is; docker-registry forgets it in places.
    ...Object.fromEntries(
      names.map((name) => [name, name === 'allow' ? read(name)?.replace(', HEAD', '') : read(name)]),
    ),
  };
}
