import { CRD_FINALIZER } from '../builtin/strategy.ts';
import { resourceOfDefinition } from '../crd/custom-resource.ts';
import { asArray, asObject, asString, cloneJson, equalJson } from '../json.ts';
import { timestamp } from '../rest/api-context.ts';
import type { Bucket } from '../storage/bucket.ts';
import type { Change } from '../storage/stored.ts';
import type { JsonObject, KubeObject } from '../types.ts';
import type { ControllerHost } from './controller.ts';

const GROUP = 'apiextensions.k8s.io';
const PLURAL = 'customresourcedefinitions';

/**
 * Serves custom resources while their definitions exist.
 *
 * A definition is served from the moment it is stored; its conditions follow in the next turn. Deleting one deletes its
 * instances first.
 */
export function startDefinitions(host: ControllerHost): void {
  const { api } = host;
  const bucket = api.store.bucket(`${GROUP}/${PLURAL}`);
  const queue = host.queue('definitions', reconcile);

  const serve = (definition: KubeObject): void => {
    if (nameConflicts(definition, bucket).length > 0) return;
    const spec = asObject(definition['spec']);
    const plural = asString(asObject(spec['names'])['plural']);
    api.registry.set(resourceOfDefinition(definition, api.store.bucket(`${asString(spec['group'])}/${plural}`)));
  };

  /** What is stored reads as the schema of today has it: pruned and with its defaults, without being a change. */
  const readAgain = (definition: KubeObject): void => {
    const spec = asObject(definition['spec']);
    const resource = api.registry.get(asString(spec['group']), asString(asObject(spec['names'])['plural']));
    const stored = [...(resource?.versions.values() ?? [])].find((version) => version.isStorage);
    if (resource === undefined || stored === undefined) return;
    resource.bucket.readAgain((object) => {
      const copy = cloneJson(object);
      stored.strategy.decode(copy, { strict: [] });
      return equalJson(copy, object) ? object : copy;
    });
  };

  host.listen(bucket, ({ type, current, previous }: Change) => {
    if (type === 'DELETED') {
      const spec = asObject(current.object['spec']);
      const plural = asString(asObject(spec['names'])['plural']);
      api.registry.delete(asString(spec['group']), plural);
      api.store.removeBucket(`${asString(spec['group'])}/${plural}`);
      return;
    }
    const before = previous?.object;
    const same =
      before !== undefined &&
      equalJson(before['spec'], current.object['spec']) &&
      before.metadata.deletionTimestamp === current.object.metadata.deletionTimestamp;
    if (!same) serve(current.object);
    if (before !== undefined && !same) readAgain(current.object);
    queue.add(current.key);
  });
  for (const stored of bucket.values()) {
    serve(stored.object);
    queue.add(stored.key);
  }

  function reconcile(name: string): void {
    const definition = bucket.get(name)?.object;
    if (definition === undefined) return;
    if (definition.metadata.deletionTimestamp === undefined) establish(name, definition);
    else terminate(name, definition);
  }

  function establish(name: string, definition: KubeObject): void {
    const names = asObject(asObject(definition['spec'])['names']);
    const status = asObject(definition['status']);
    const now = timestamp(api.clock());
    let conditions = asArray(status['conditions']).map(asObject);
    const conflicts = nameConflicts(definition, bucket);
    const [conflict] = conflicts;
    if (conflict !== undefined) {
      const accepted = { ...asObject(status['acceptedNames']), ...freeNames(names, conflicts) };
      refuseNames(name, { ...status, acceptedNames: accepted }, withCondition(conditions, conflict, now), now);
      return;
    }
    conditions = withCondition(
      conditions,
      { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts', message: 'no conflicts found' },
      now,
    );
    conditions = withCondition(
      conditions,
      {
        type: 'Established',
        status: 'True',
        reason: 'InitialNamesAccepted',
        message: 'the initial names have been accepted',
      },
      now,
    );
    const next = { ...status, conditions, acceptedNames: names };
    if (equalJson(next, status)) return;
    host.update(GROUP, PLURAL, '', name, 'status', 'kube-apiserver', (current) => ({
      ...current,
      metadata: { ...current.metadata },
      status: cloneJson(next),
    }));
  }

  function refuseNames(name: string, status: JsonObject, conditions: readonly JsonObject[], now: string): void {
    const all = withCondition(
      conditions,
      { type: 'Established', status: 'False', reason: 'NotAccepted', message: 'not all names are accepted' },
      now,
    );
    const next = { ...status, conditions: all };
    if (equalJson(next, asObject(bucket.get(name)?.object['status']))) return;
    host.update(GROUP, PLURAL, '', name, 'status', 'kube-apiserver', (current) => ({
      ...current,
      metadata: { ...current.metadata },
      status: cloneJson(next),
    }));
  }

  function terminate(name: string, definition: KubeObject): void {
    const spec = asObject(definition['spec']);
    const group = asString(spec['group']);
    const plural = asString(asObject(spec['names'])['plural']);
    const instances = api.store.bucket(`${group}/${plural}`);
    for (const stored of instances.list()) {
      if (stored.object.metadata.deletionTimestamp !== undefined) continue;
      const { namespace = '', name: instance } = stored.object.metadata;
      const target = host.target(group, plural, namespace, instance!);
      if (target !== undefined) host.writer.delete(target, { dryRun: false });
    }
    if (instances.size > 0) {
      // The last instance wakes this definition again.
      const stop = instances.listen(({ type }) => {
        if (type !== 'DELETED' || instances.size > 0) return;
        stop();
        queue.add(name);
      });
      host.onClose(stop);
      return;
    }
    if (!(definition.metadata.finalizers ?? []).includes(CRD_FINALIZER)) return;
    host.update(GROUP, PLURAL, '', name, '', 'kube-apiserver', (current) => ({
      ...current,
      metadata: {
        ...current.metadata,
        finalizers: (current.metadata.finalizers ?? []).filter((f) => f !== CRD_FINALIZER),
      },
    }));
  }
}

/** What of its names a definition may have. */
function freeNames(names: JsonObject, conflicts: readonly Condition[]): JsonObject {
  const isTaken = (reason: string) => conflicts.some((conflict) => conflict.reason === reason);
  const free: JsonObject = { plural: '', kind: '' };
  if (!isTaken('PluralConflict')) free['plural'] = names['plural'];
  if (!isTaken('KindConflict')) free['kind'] = names['kind'];
  if (!isTaken('SingularConflict') && names['singular'] !== undefined) free['singular'] = names['singular'];
  if (!isTaken('ListKindConflict') && names['listKind'] !== undefined) free['listKind'] = names['listKind'];
  if (!isTaken('ShortNamesConflict') && names['shortNames'] !== undefined) free['shortNames'] = names['shortNames'];
  return free;
}

/** A name of a definition that another one of its group has already, told as the condition that it makes. */
function nameConflicts(definition: KubeObject, all: Bucket): Condition[] {
  const spec = asObject(definition['spec']);
  const names = asObject(spec['names']);
  const own = (field: string) => asString(names[field]);
  const taken = new Set<string>();
  const takenKinds = new Set<string>();
  for (const { object } of all.values()) {
    if (object.metadata.name === definition.metadata.name) continue;
    if (asObject(object['spec'])['group'] !== spec['group']) continue;
    const accepted = asObject(asObject(object['status'])['acceptedNames']);
    for (const name of [accepted['plural'], accepted['singular'], ...asArray(accepted['shortNames'])])
      if (asString(name) !== '') taken.add(asString(name));
    for (const kind of [accepted['kind'], accepted['listKind']])
      if (asString(kind) !== '') takenKinds.add(asString(kind));
  }
  const conflict = (reason: string, name: string): Condition => ({
    type: 'NamesAccepted',
    status: 'False',
    reason,
    message: `${JSON.stringify(name)} is already in use`,
  });
  // The last one found is the one that upstream tells.
  const found: Condition[] = [];
  if (taken.has(own('plural'))) found.unshift(conflict('PluralConflict', own('plural')));
  if (taken.has(own('singular'))) found.unshift(conflict('SingularConflict', own('singular')));
  for (const name of asArray(names['shortNames']).map(asString))
    if (taken.has(name)) found.unshift(conflict('ShortNamesConflict', name));
  if (takenKinds.has(own('kind'))) found.unshift(conflict('KindConflict', own('kind')));
  if (takenKinds.has(own('listKind'))) found.unshift(conflict('ListKindConflict', own('listKind')));
  return found;
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

function withCondition(conditions: readonly JsonObject[], condition: Condition, now: string): JsonObject[] {
  const at = conditions.findIndex((c) => c['type'] === condition.type);
  const known = at < 0 ? undefined : conditions[at];
  if (
    known !== undefined &&
    known['status'] === condition.status &&
    known['reason'] === condition.reason &&
    known['message'] === condition.message
  ) {
    return [...conditions];
  }
  const lastTransitionTime =
    known !== undefined && known['status'] === condition.status ? known['lastTransitionTime'] : now;
  const next = {
    lastTransitionTime,
    message: condition.message,
    reason: condition.reason,
    status: condition.status,
    type: condition.type,
  };
  return at < 0 ? [...conditions, next] : conditions.map((c, i) => (i === at ? next : c));
}
