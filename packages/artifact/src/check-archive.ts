import { defaultLimits, type GuardCounts, guardEntries } from './entry-guard.ts';
import { type ByteSource, gunzipInto } from './gunzip.ts';
import { createTarParser } from './tar-parser.ts';
import type { ExtractOptions, ExtractResult } from './types.ts';

/**
 * Reads a tar.gz to its end and writes nothing: tells what unpacking it would do, or why it would be refused.
 * For archives that are too large to find that out half-way.
 *
 * @throws {ArtifactError} as `extractArchive`
 */
export async function checkArchive(source: ByteSource, options: ExtractOptions = {}): Promise<ExtractResult> {
  const counts: GuardCounts = { entries: 0, bytes: 0, skippedLinks: 0 };
  const nowhere = { directory: () => {}, beginFile: () => {}, data: () => {}, endFile: () => {} };
  const limits = { ...defaultLimits, ...options.limits };
  const parser = createTarParser(guardEntries(nowhere, limits, options.links ?? 'skip', counts));
  await gunzipInto(source, (chunk) => parser.write(chunk), options.signal);
  parser.finish();
  return counts;
}
