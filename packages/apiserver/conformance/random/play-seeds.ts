import type { Servers } from '../lib/servers.ts';
import { playsAlone } from './choose-manifest.ts';
import type { Finding } from './cluster-differences.ts';
import { type Played, playSeed, type Seed } from './play-seed.ts';

/** How one seed came out. */
export interface SeedResult {
  readonly seed: number;
  /** Name of the manifest that it started from. */
  readonly manifest: string;
  readonly played: readonly Played[];
  /** Empty when both servers answered everything alike. */
  readonly findings: readonly Finding[];
}

const atOnce = 6;

// The real server's controllers may lag behind a write; what is really different differs again.
const attempts = 2;

/** Plays seeds on both servers, a few at once; those that could disturb others one by one, at the end. */
export async function playSeeds(
  servers: Servers,
  seeds: readonly Seed[],
  onResult: (result: SeedResult) => void,
): Promise<SeedResult[]> {
  const results: SeedResult[] = [];
  const play = async (seed: Seed): Promise<void> => {
    let result = await resultOf(servers, seed, 1);
    for (let again = 2; again <= attempts && result.findings.length > 0; again++)
      result = await resultOf(servers, seed, again);
    results.push(result);
    onResult(result);
  };
  const waiting = seeds.filter(({ manifest }) => !playsAlone(manifest));
  const lane = async (): Promise<void> => {
    for (let seed = waiting.shift(); seed !== undefined; seed = waiting.shift()) await play(seed);
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  for (const seed of seeds) if (playsAlone(seed.manifest)) await play(seed);
  return results.sort((a, b) => a.seed - b.seed);
}

async function resultOf(servers: Servers, seed: Seed, attempt: number): Promise<SeedResult> {
  const head = { seed: seed.seed, manifest: seed.manifest.name };
  try {
    const played = await playSeed(servers, seed, attempt);
    return { ...head, played, findings: played.flatMap(({ findings }) => findings) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const finding = { cluster: `could not be played: ${message.slice(0, 230)}`, embedded: undefined, real: undefined };
    return { ...head, played: [], findings: [finding] };
  }
}
