import { asArray, asNumber, asObject, asString, dig } from '../../json.ts';
import type { KubeObject } from '../../types.ts';
import { ageOf } from '../human-duration.ts';
import { type Cells, NONE, orNone } from './texts.ts';

/** The one word that tells how a pod is. */
function podStatus(object: KubeObject): {
  status: string;
  ready: number;
  total: number;
  restarts: number;
  last: string | undefined;
} {
  const status = asObject(object['status']);
  const spec = asObject(object['spec']);
  let reason = asString(status['reason']) || asString(status['phase']);
  const total = asArray(spec['containers']).length;
  let ready = 0;
  let restarts = 0;
  let last: string | undefined;
  let initializing = false;
  const initTotal = asArray(spec['initContainers']).length;
  asArray(status['initContainerStatuses']).forEach((entry, i) => {
    const container = asObject(entry);
    restarts += asNumber(container['restartCount']);
    const terminated = dig(container, 'state', 'terminated');
    if (asNumber(dig(terminated, 'exitCode'), terminated === undefined ? 1 : 0) === 0) return;
    if (initializing) return;
    initializing = true;
    const waiting = asString(dig(container, 'state', 'waiting', 'reason'));
    if (terminated !== undefined)
      reason = `Init:${asString(dig(terminated, 'reason')) || `ExitCode:${asNumber(dig(terminated, 'exitCode'))}`}`;
    else if (waiting !== '' && waiting !== 'PodInitializing') reason = `Init:${waiting}`;
    else reason = `Init:${i}/${initTotal}`;
  });
  if (!initializing) {
    let running = false;
    const list = asArray(status['containerStatuses']).map(asObject);
    for (const container of [...list].reverse()) {
      restarts += asNumber(container['restartCount']);
      const state = asObject(container['state']);
      const finished = dig(container, 'lastState', 'terminated', 'finishedAt');
      if (typeof finished === 'string' && (last === undefined || finished > last)) last = finished;
      const waiting = asString(dig(state, 'waiting', 'reason'));
      const terminated = state['terminated'];
      if (waiting !== '') reason = waiting;
      else if (terminated !== undefined) {
        reason = asString(dig(terminated, 'reason')) || `ExitCode:${asNumber(dig(terminated, 'exitCode'))}`;
      } else if (container['ready'] === true && state['running'] !== undefined) {
        running = true;
        ready++;
      }
    }
    if (reason === 'Completed' && running) {
      const isReady = asArray(status['conditions']).some(
        (c) => asObject(c)['type'] === 'Ready' && asObject(c)['status'] === 'True',
      );
      reason = isReady ? 'Running' : 'NotReady';
    }
  }
  if (object.metadata.deletionTimestamp !== undefined)
    reason = status['reason'] === 'NodeLost' ? 'Unknown' : 'Terminating';
  return { status: reason, ready, total, restarts, last };
}

function readinessGates(object: KubeObject): string {
  const gates = asArray(dig(object, 'spec', 'readinessGates')).map((gate) => asString(asObject(gate)['conditionType']));
  if (gates.length === 0) return NONE;
  const conditions = asArray(dig(object, 'status', 'conditions')).map(asObject);
  const open = gates.filter((gate) => conditions.some((c) => c['type'] === gate && c['status'] === 'True'));
  return `${open.length}/${gates.length}`;
}

const pods: Cells = (object, now) => {
  const { status, ready, total, restarts, last } = podStatus(object);
  return {
    Ready: `${ready}/${total}`,
    Status: status,
    Restarts: restarts > 0 && last !== undefined ? `${restarts} (${ageOf(last, now)} ago)` : String(restarts),
    IP: orNone(dig(object, 'status', 'podIP')),
    Node: orNone(dig(object, 'spec', 'nodeName')),
    'Nominated Node': orNone(dig(object, 'status', 'nominatedNodeName')),
    'Readiness Gates': readinessGates(object),
  };
};

/** The columns of pods. */
export const podCells: readonly (readonly [resource: string, Cells])[] = [['/pods', pods]];
