import { type KnownDifference, knownDifferences } from '../differences.ts';
import type { Case, Group } from './case.ts';
import { compare, type Difference } from './compare.ts';
import { globMatches } from './glob.ts';
import { makeNamespace } from './make-namespace.ts';
import { normalise } from './normalise.ts';
import type { Server, Servers } from './servers.ts';
import { Session } from './session.ts';

/** How one case came out. */
export interface CaseResult {
  readonly group: string;
  readonly name: string;
  readonly outcome: 'equal' | 'listed' | 'unexpected';
  /** Those that no list explains. */
  readonly differences: readonly Difference[];
  /** A case that could not be played to its end, or a listed difference that is none any more. */
  readonly problems: readonly string[];
}

const atOnce = 6;

// On a busy machine the real server's watch cache and the controllers beside it may lag behind a write, and a case sees that.
// Each attempt is played from the start in a namespace of its own; what is really different differs in all of them.
const attempts = 3;

/** Plays groups on both servers. `only` is a glob over `GROUP/CASE`. */
export async function runGroups(
  servers: Servers,
  groups: readonly Group[],
  { only = '*', onResult }: { readonly only?: string; readonly onResult?: (result: CaseResult) => void } = {},
): Promise<CaseResult[]> {
  const results: CaseResult[] = [];
  const play = async (group: Group, one: Case): Promise<void> => {
    let result = await runCase(servers, group, one);
    for (let again = 1; again < attempts && result.outcome === 'unexpected'; again++)
      result = await runCase(servers, group, one);
    results.push(result);
    onResult?.(result);
  };
  const all = groups.flatMap((group) =>
    group.cases.filter((one) => globMatches(only, `${group.name}/${one.name}`)).map((one) => ({ group, one })),
  );
  const waiting = all.filter(({ group }) => !group.serial);
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await play(next.group, next.one);
    }),
  );
  for (const { group, one } of all) if (group.serial) await play(group, one);
  return results;
}

let count = 0;

async function runCase(servers: Servers, group: Group, one: Case): Promise<CaseResult> {
  const id = `${(count++).toString(36).padStart(3, '0')}${Math.random().toString(36).slice(2, 6).padEnd(4, '0')}`;
  const problems: string[] = [];
  const play = async (server: Server): Promise<Session> => {
    const session = new Session(server, id);
    try {
      await makeNamespace(session);
      await one.run(session);
    } catch (error) {
      problems.push(`${server.name}: ${error instanceof Error ? error.message : String(error)}`);
    }
    return session;
  };
  const [embedded, real] = await Promise.all([play(servers.embedded), play(servers.real)]);
  const found = compare(normalise(embedded), normalise(real));
  const known = knownDifferences.filter((entry) => globMatches(entry.case, `${group.name}/${one.name}`));
  const explains = (entry: KnownDifference, { path }: Difference) => globMatches(entry.path, path);
  const differences = found.filter((difference) => !known.some((entry) => explains(entry, difference)));
  for (const entry of known) {
    if (!entry.sometimes && !found.some((difference) => explains(entry, difference)))
      problems.push(`listed as different at '${entry.path}', and is not`);
  }
  const unexpected = differences.length > 0 || problems.length > 0;
  return {
    group: group.name,
    name: one.name,
    outcome: unexpected ? 'unexpected' : found.length > 0 ? 'listed' : 'equal',
    differences,
    problems,
  };
}
