import { schemaOfKind } from '@fluvial/openapi';
import type { Manifest } from '../cases/builtin-manifests/manifest.ts';
import { APPLY_PATCH, JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH } from '../lib/case.ts';
import { compare } from '../lib/compare.ts';
import { makeNamespace } from '../lib/make-namespace.ts';
import { normalise } from '../lib/normalise.ts';
import type { Servers } from '../lib/servers.ts';
import { type HttpAnswer, type HttpOptions, Session } from '../lib/session.ts';
import { changeObject } from './change-object.ts';
import { type Answer, clusterDifferences, type Finding } from './cluster-differences.ts';
import { type Fields, isFields } from './definition.ts';
import { createRandom, type Random } from './random.ts';

/** A request that both servers answered, as placeholders make it comparable. */
export interface Played {
  readonly label: string;
  /** What is random about the body, in words. */
  readonly changes: string;
  readonly body: unknown;
  readonly embedded: Answer;
  readonly real: Answer;
  /** Empty when both say the same. */
  readonly findings: readonly Finding[];
}

/** One object that both servers are asked to make and to change. */
export interface Seed {
  readonly seed: number;
  readonly manifest: Manifest;
}

/** Plays one seed on both, up to the first request that they answer differently. `attempt`: 1 when it is the first. */
export async function playSeed(servers: Servers, { seed, manifest }: Seed, attempt: number): Promise<Played[]> {
  // Other choices than those that led to the manifest.
  const random = createRandom(~seed);
  // The letters around keep the placeholder for it from being found inside other texts.
  const id = `z${seed.toString(36)}y${attempt}z`;
  const pair = new Pair(new Session(servers.embedded, id), new Session(servers.real, id));
  await pair.makeNamespace();
  const { object, schema } = startOf(manifest);
  const change = (changed: Fields, most: number, odd: number): string =>
    Array.from({ length: 1 + random.below(most) }, () => changeObject({ random, odd }, schema, changed)).join('; ');
  const { metadata } = object;
  const made = change(object, 3, random.pick([0, 0.05, 0.2, 0.5]));
  if (!manifest.namespaced && isFields(metadata)) metadata['name'] = manifestName(manifest);
  const strict = random.chance(0.3) ? '&fieldValidation=Strict' : '';
  await pair.send('POST', `${manifest.collection}?dryRun=All${strict}`, object, made);
  const status = await pair.send('POST', manifest.collection, object, made);
  const name = isFields(object['metadata']) ? object['metadata']['name'] : undefined;
  // Refused by both: there is nothing to change or to remove.
  if (typeof name !== 'string' || name === '' || (status !== undefined && status !== 201)) return pair.played;
  const path = `${manifest.collection}/${encodeURIComponent(name).replaceAll('%7Bid%7D', '{id}')}`;
  for (let left = 3; left > 0 && status !== undefined; left--) {
    const next = structuredClone(object);
    const changes = change(next, 2, random.pick([0, 0.2]));
    if (isFields(next['metadata'])) next['metadata']['name'] = name;
    await sendChange(pair, random, path, next, changes);
  }
  await pair.remove(path);
  return pair.played;
}

function manifestName({ object }: Manifest): string {
  return object.metadata.name.includes('{id}') ? object.metadata.name : 'it-{id}';
}

function startOf(manifest: Manifest) {
  const { apiVersion, kind } = manifest.object;
  const schema = schemaOfKind(String(apiVersion), String(kind))?.schema;
  if (schema === undefined) throw new Error(`${manifest.name}: there is no such kind`);
  const object: Fields = structuredClone({
    ...manifest.object,
    metadata: { ...manifest.object.metadata, name: manifestName(manifest) },
  });
  return { object, schema };
}

/** Sends an object as a change of the one that is stored, in one of the ways that there are. */
async function sendChange(pair: Pair, random: Random, path: string, object: Fields, changes: string): Promise<void> {
  const { apiVersion: _version, kind: _kind, metadata, ...rest } = object;
  const { labels, annotations } = isFields(metadata) ? metadata : {};
  const fields = { metadata: { labels, annotations }, ...rest };
  const dry = random.chance(0.3) ? 'dryRun=All&' : '';
  const patch = (body: unknown, type: string, query = '') =>
    pair.send('PATCH', `${path}?${dry}${query}`, body, changes, { type });
  const ways: (() => Promise<unknown>)[] = [
    () => pair.send('PUT', `${path}?${dry}`, object, changes),
    () => pair.send('PUT', `${path}?${dry}`, object, changes),
    () => patch(fields, MERGE_PATCH),
    () => patch(fields, STRATEGIC_PATCH),
    () => patch(object, APPLY_PATCH, 'fieldManager=m&force=true'),
    () => patch([{ op: 'replace', path: '/spec', value: object['spec'] ?? {} }], JSON_PATCH),
  ];
  await random.pick(ways)();
}

/** The same session on both servers. Once they have answered differently, nothing more is sent. */
class Pair {
  readonly played: Played[] = [];
  readonly #embedded: Session;
  readonly #real: Session;

  constructor(embedded: Session, real: Session) {
    this.#embedded = embedded;
    this.#real = real;
  }

  async makeNamespace(): Promise<void> {
    await Promise.all([makeNamespace(this.#embedded), makeNamespace(this.#real)]);
  }

  /** Status that both answer with; undefined once they differ. */
  async send(
    method: string,
    path: string,
    body: unknown,
    changes: string,
    options: HttpOptions = {},
  ): Promise<number | undefined> {
    if (this.played.some(({ findings }) => findings.length > 0)) return undefined;
    const [embedded] = await this.#both(method, path, { ...options, body });
    const [ours, theirs] = [normalise(this.#embedded).slice(-1), normalise(this.#real).slice(-1)];
    const differences = compare(ours, theirs);
    const answers = { embedded: ours[0]?.value as Answer, real: theirs[0]?.value as Answer };
    const findings =
      differences.length > 0 ? clusterDifferences(method, answers.embedded, answers.real, differences) : [];
    this.played.push({ label: `${method} ${path}`, changes, body, ...answers, findings });
    return findings.length > 0 ? undefined : embedded.status;
  }

  async remove(path: string): Promise<void> {
    await this.#both('DELETE', `${path}?gracePeriodSeconds=0`, { unrecorded: true });
  }

  #both(method: string, path: string, options: HttpOptions): Promise<[HttpAnswer, HttpAnswer]> {
    return Promise.all([this.#embedded.http(method, path, options), this.#real.http(method, path, options)]);
  }
}
