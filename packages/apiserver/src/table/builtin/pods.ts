import { asArray, asNumber, asObject, asString, dig } from '../../json.ts';
import type { JsonObject, KubeObject } from '../../types.ts';
import { ageOf } from '../human-duration.ts';
import { type Cells, NONE, orNone } from './texts.ts';

/** How often containers were started again, and when last. */
interface Restarts {
  readonly count: number;
  readonly last: string | undefined;
}

/** What one looks at: a word for the state, containers that are ready, restarts. */
interface Look {
  readonly word: string | undefined;
  readonly ready: number;
  readonly restarts: Restarts;
}

const noRestarts: Restarts = { count: 0, last: undefined };

function restartsOf(statuses: readonly JsonObject[], before: Restarts = noRestarts): Restarts {
  return statuses.reduce<Restarts>(({ count, last }, status) => {
    const finished = dig(status, 'lastState', 'terminated', 'finishedAt');
    return {
      count: count + asNumber(status['restartCount']),
      last: typeof finished === 'string' && (last === undefined || finished > last) ? finished : last,
    };
  }, before);
}

/** Why a container ended: the reason that it gives, else its signal or exit code. */
function ending(terminated: unknown): string {
  const { reason, signal, exitCode } = asObject(terminated);
  if (asString(reason) !== '') return asString(reason);
  return asNumber(signal) !== 0 ? `Signal:${asNumber(signal)}` : `ExitCode:${asNumber(exitCode)}`;
}

function conditionHolds(status: JsonObject, type: string): boolean {
  return asArray(status['conditions']).some((c) => asObject(c)['type'] === type && asObject(c)['status'] === 'True');
}

/** Containers that start before the others; sidecars are those of them that go on running. */
function lookAtInit(spec: JsonObject, status: JsonObject): Look & { readonly sidecarRestarts: Restarts } {
  const declared = asArray(spec['initContainers']).map(asObject);
  const sidecars = new Set(declared.filter((c) => c['restartPolicy'] === 'Always').map((c) => asString(c['name'])));
  const statuses = asArray(status['initContainerStatuses']).map(asObject);
  const isSidecar = (one: JsonObject): boolean => sidecars.has(asString(one['name']));
  const done = (one: JsonObject): boolean => {
    const terminated = dig(one, 'state', 'terminated');
    return terminated === undefined
      ? isSidecar(one) && one['started'] === true
      : asNumber(dig(terminated, 'exitCode')) === 0;
  };
  const at = statuses.findIndex((one) => !done(one));
  const seen = at < 0 ? statuses : statuses.slice(0, at + 1);
  const open = statuses[at];
  return {
    word: open === undefined ? undefined : `Init:${initWord(open) ?? `${at}/${declared.length}`}`,
    ready: seen.filter((one) => one !== open && isSidecar(one) && one['ready'] === true).length,
    restarts: restartsOf(seen),
    sidecarRestarts: restartsOf(seen.filter(isSidecar)),
  };
}

function initWord(container: JsonObject): string | undefined {
  const { terminated, waiting } = asObject(container['state']);
  if (terminated !== undefined) return ending(terminated);
  const reason = asString(dig(waiting, 'reason'));
  return reason === '' || reason === 'PodInitializing' ? undefined : reason;
}

/** The first container that does not just run gives the word. */
function lookAtContainers(status: JsonObject, before: string, restarts: Restarts): Look {
  const statuses = asArray(status['containerStatuses']).map(asObject);
  let word = before;
  let ready = 0;
  for (const container of statuses.toReversed()) {
    const { waiting, terminated, running } = asObject(container['state']);
    const reason = asString(dig(waiting, 'reason'));
    if (reason !== '') word = reason;
    else if (terminated !== undefined) word = ending(terminated);
    else if (container['ready'] === true && running !== undefined) ready += 1;
  }
  if (word === 'Completed' && ready > 0) word = conditionHolds(status, 'Ready') ? 'Running' : 'NotReady';
  return { word, ready, restarts: restartsOf(statuses, restarts) };
}

/** The one word that tells how a pod is, with its counts. */
function podState(object: KubeObject): Look & { readonly total: number } {
  const spec = asObject(object['spec']);
  const status = asObject(object['status']);
  const phase = asString(status['phase']);
  const isGated = asArray(status['conditions'])
    .map(asObject)
    .some((c) => c['type'] === 'PodScheduled' && c['reason'] === 'SchedulingGated');
  const reason = isGated ? 'SchedulingGated' : asString(status['reason']) || phase;
  const sidecars = asArray(spec['initContainers']).filter((c) => asObject(c)['restartPolicy'] === 'Always');
  const init = lookAtInit(spec, status);
  const started = init.word === undefined || conditionHolds(status, 'Initialized');
  const main = started ? lookAtContainers(status, init.word ?? reason, init.sidecarRestarts) : undefined;
  const isLeaving = object.metadata.deletionTimestamp !== undefined;
  const ended = phase === 'Succeeded' || phase === 'Failed';
  let word = main?.word ?? init.word ?? reason;
  if (isLeaving && status['reason'] === 'NodeLost') word = 'Unknown';
  else if (isLeaving && !ended) word = 'Terminating';
  return {
    word,
    ready: init.ready + (main?.ready ?? 0),
    restarts: main?.restarts ?? init.restarts,
    total: asArray(spec['containers']).length + sidecars.length,
  };
}

function readinessGates(object: KubeObject): string {
  const gates = asArray(dig(object, 'spec', 'readinessGates')).map((gate) => asString(asObject(gate)['conditionType']));
  if (gates.length === 0) return NONE;
  const status = asObject(object['status']);
  return `${gates.filter((gate) => conditionHolds(status, gate)).length}/${gates.length}`;
}

const pods: Cells = (object, now) => {
  const { word, ready, total, restarts } = podState(object);
  const { count, last } = restarts;
  return {
    Ready: `${ready}/${total}`,
    Status: word ?? '',
    Restarts: count > 0 && last !== undefined ? `${count} (${ageOf(last, now)} ago)` : String(count),
    IP: orNone(dig(object, 'status', 'podIP')),
    Node: orNone(dig(object, 'spec', 'nodeName')),
    'Nominated Node': orNone(dig(object, 'status', 'nominatedNodeName')),
    'Readiness Gates': readinessGates(object),
  };
};

/** The columns of pods. */
export const podCells: readonly (readonly [resource: string, Cells])[] = [['/pods', pods]];
