import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  createFetchCache,
  createSourceFilter,
  createStorage,
  packTreeStream,
  parseIgnoreRules,
  readIgnoreRules,
  startArtifactServer,
} from './index.ts';

test('the example of the README', async () => {
  const scratch = mkdtempSync(join(tmpdir(), 'artifact-readme-'));
  const [dir, tree, cacheDir] = ['store', 'tree', 'cache'].map((name) => join(scratch, name)) as [
    string,
    string,
    string,
  ];
  mkdirSync(dir);
  mkdirSync(tree);
  writeFileSync(join(tree, 'app.yaml'), 'kind: App');
  writeFileSync(join(tree, 'notes.md'), 'text');
  const revision = 'main@sha1:abc';

  const storage = createStorage({ path: dir, advertisedAddress: 'localhost:9090' });
  const rules = [...(await readIgnoreRules(tree)), ...parseIgnoreRules('*.md\n')];
  const location = storage.locate({ kind: 'OCIRepository', namespace: 'apps', name: 'podinfo' }, revision, 'v1.tar.gz');
  const artifact = await storage.write(location, packTreeStream(tree, { ignore: createSourceFilter(rules) }));
  const server = await startArtifactServer({ path: dir });
  const cache = createFetchCache({ dir: cacheDir, rewriteUrl: (url) => url.replace('localhost:9090', server.address) });
  const fetched = await cache.acquire(artifact);

  expect(readdirSync(fetched.dir)).toEqual(['app.yaml']);
  fetched.release();
  await cache.close();
  await server.close();
  rmSync(scratch, { recursive: true, force: true });
});
