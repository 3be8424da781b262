import { findControlPlaneAssets } from '@fluvial/control-plane';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { groups } from './groups.ts';
import { formatDifference } from './lib/report.ts';
import { runGroups } from './lib/run-groups.ts';
import { type Servers, startServers } from './lib/servers.ts';

const assets = findControlPlaneAssets();

// Needs a real kube-apiserver: packages/control-plane tells where it comes from.
describe.skipIf(assets === undefined)('the embedded API server answers as kube-apiserver does', () => {
  let servers: Servers;
  beforeAll(async () => {
    servers = await startServers(assets ?? '');
  });
  afterAll(() => servers?.stop());

  test.each(groups)('$name', { timeout: 300_000 }, async (group) => {
    const results = await runGroups(servers, [group]);
    const unexpected = results.filter(({ outcome }) => outcome === 'unexpected');
    expect(unexpected.map(formatDifference).join('\n')).toBe('');
  });
});
