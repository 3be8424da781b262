import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { packTree } from '@fluvial/artifact';
import { buildArtifact, createOciClient, pushArtifact } from '@fluvial/oci';

/** Pushes files as an artifact (`REGISTRY/REPO:TAG`) and returns the manifest's digest. */
export async function pushFiles(
  reference: string,
  files: Readonly<Record<string, string>>,
  origin: { source?: string; revision?: string } = {},
): Promise<string> {
  const folder = mkdtempSync(path.join(tmpdir(), 'fluvial-e2e-push-'));
  const oci = createOciClient({ insecure: true });
  try {
    for (const [name, text] of Object.entries(files)) {
      const file = path.join(folder, name);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
    const { bytes } = await packTree(folder, { profile: 'push' });
    const artifact = await buildArtifact({ layer: bytes, created: '2026-01-01T00:00:00Z', ...origin });
    return (await pushArtifact(oci, reference, artifact)).digest;
  } finally {
    await oci.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A ConfigMap with one key, as YAML. */
export function configMap(name: string, value: string): string {
  return `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\ndata:\n  value: ${JSON.stringify(value)}\n`;
}
