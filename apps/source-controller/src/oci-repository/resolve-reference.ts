import type { OCIRepository } from '@fluvial/api';
import {
  mediaTypes,
  type OciClient,
  parseReference,
  type Reference,
  type Repository,
  repositoryOf,
  withDigest,
  withTag,
} from '@fluvial/oci';
import { StallingError } from '@fluvial/runtime';
import { parseConstraint, parseTag, sortDescending, type Version } from '@fluvial/semver';
import { RE2JS } from 're2js';
import { types } from './conditions.ts';

const scheme = 'oci://';

/**
 * Reads `spec.url`: a repository, and nothing behind it.
 *
 * @throws {StallingError} `URLInvalid`
 */
export function readRepository({ url, insecure }: Pick<OCIRepository['spec'], 'url' | 'insecure'>): Repository {
  const refuse = (why: string, cause?: unknown): StallingError =>
    new StallingError(`URL validation failed for '${url}': ${why}`, {
      reason: 'URLInvalid',
      condition: types.fetchFailed,
      cause,
    });
  if (!url.startsWith(scheme)) throw refuse("URL must be in format 'oci://<domain>/<org>/<repo>'");
  const text = url.slice(scheme.length);
  let reference: Reference;
  try {
    reference = parseReference(text, { insecure: insecure === true });
  } catch (error) {
    throw refuse((error as Error).message, error);
  }
  const path = text.startsWith(reference.registry) ? text.slice(reference.registry.length) : text;
  const [, tag] = path.split(':');
  if (tag !== undefined) throw refuse(`URL must not contain a tag; remove ':${tag}'`);
  return repositoryOf(reference);
}

/** Tags of charts spell the plus of a version as an underscore; a tag cannot hold a plus. */
function isChart(spec: OCIRepository['spec']): boolean {
  return spec.layerSelector?.mediaType === mediaTypes.helmChart;
}

/** What a spec names in its repository. */
export type Choice =
  | { readonly kind: 'digest'; readonly digest: string }
  | { readonly kind: 'tag'; readonly tag: string };

/**
 * Chooses what to pull: digest before range before tag, `latest` without any.
 *
 * Asks the registry only for a range. Thrown messages follow `failed to determine the artifact tag for '…': `.
 */
export async function chooseReference(
  spec: OCIRepository['spec'],
  repository: Repository,
  client: Pick<OciClient, 'listTags'>,
  signal: AbortSignal,
): Promise<Choice> {
  const { digest, semver, semverFilter, tag } = spec.ref ?? {};
  if (digest) return { kind: 'digest', digest };
  if (!semver) return { kind: 'tag', tag: tag || 'latest' };
  const tags = await client.listTags(repository, { signal });
  return { kind: 'tag', tag: pickTag(tags, semver, semverFilter, isChart(spec)) };
}

/**
 * Makes a reference and its digest of a choice; asks the registry only for a tag.
 *
 * Thrown messages follow `failed to determine artifact digest: `.
 */
export async function resolveChoice(
  choice: Choice,
  repository: Repository,
  client: Pick<OciClient, 'resolve'>,
  signal: AbortSignal,
): Promise<{ readonly reference: Reference; readonly digest: string }> {
  if (choice.kind === 'tag') {
    const reference = withTag(repository, choice.tag);
    return { reference, digest: (await client.resolve(reference, { signal })).digest };
  }
  // A digest is its own answer: nobody has to be asked.
  const problem = problemOf(choice.digest);
  if (problem !== undefined) throw new Error(problem);
  return { reference: withDigest(repository, choice.digest), digest: choice.digest };
}

function problemOf(digest: string): string | undefined {
  const colon = digest.indexOf(':');
  const hex = digest.slice(colon + 1);
  const stray = /[^0-9a-f]/.exec(hex)?.[0];
  if (colon <= 0) return `cannot parse hash: ${JSON.stringify(digest)}`;
  if (stray !== undefined) return `found non-hex character in hash: ${stray}`;
  if (!digest.startsWith('sha256:')) return `unsupported hash: ${JSON.stringify(digest.slice(0, colon))}`;
  return hex.length === 64 ? undefined : `wrong number of hex digits for sha256: ${hex}`;
}

/** The highest tag in a range. Pure. @throws {Error} when the filter or the range is wrong, or nothing fits */
export function pickTag(tags: readonly string[], range: string, filter: string | undefined, areCharts = false): string {
  // Users' patterns are RE2: linear time, Flux's syntax.
  const pattern = filter ? RE2JS.compile(filter) : undefined;
  const kept = pattern === undefined ? tags : tags.filter((tag) => pattern.matcher(tag).find());
  let constraint: ReturnType<typeof parseConstraint>;
  try {
    constraint = parseConstraint(range);
  } catch (error) {
    throw new Error(`semver '${range}' parse error: ${(error as Error).message}`, { cause: error });
  }
  const matching: Version[] = [];
  for (const tag of kept) {
    const version = parseTag(areCharts ? tag.replaceAll('_', '+') : tag);
    if (version !== undefined && constraint.check(version)) matching.push(version);
  }
  const [highest] = sortDescending(matching);
  if (highest === undefined) throw new Error(`no match found for semver: ${range}`);
  return areCharts ? highest.original.replaceAll('+', '_') : highest.original;
}
