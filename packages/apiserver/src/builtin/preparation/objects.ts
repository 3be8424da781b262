import { asArray, asObject, asString, cloneJson, equalJson, isObject } from '../../json.ts';
import type { JsonObject, KubeObject } from '../../types.ts';
import { TEMPLATE_GENERATION } from '../defaults/workloads.ts';
import type { Preparation } from './preparation.ts';

export const namespaces: Preparation = {
  create(object) {
    const spec = asObject(object['spec']);
    const finalizers = asArray(spec['finalizers']).filter((name) => name !== 'kubernetes');
    object['spec'] = { ...spec, finalizers: [...finalizers, 'kubernetes'] };
    object['status'] = { phase: 'Active' };
  },
  update(object, old) {
    object['spec'] = { ...asObject(object['spec']), finalizers: asObject(old['spec'])['finalizers'] };
    if (old['status'] !== undefined) object['status'] = old['status'];
  },
};

/** Of the secrets of an account only the names are kept. */
function keepNames(object: KubeObject): void {
  const secrets = asArray(object['secrets']).map(asObject);
  if (secrets.length > 0) object['secrets'] = secrets.map(({ name }) => (name === undefined ? {} : { name }));
}

export const serviceAccounts: Preparation = { create: keepNames, update: keepNames };

export const secrets: Preparation = {
  update(object, old) {
    // A Secret without a type keeps the one it has.
    if (object['type'] === undefined) object['type'] = old['type'];
  },
};

export const daemonSets: Preparation = {
  create: (object) => {
    object['status'] = { currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 };
  },
  update(object, old) {
    const before = Number(old.metadata.annotations?.[TEMPLATE_GENERATION] ?? '1') || 1;
    const changed = !equalJson(asObject(object['spec'])['template'], asObject(old['spec'])['template']);
    object.metadata.annotations = {
      ...object.metadata.annotations,
      [TEMPLATE_GENERATION]: String(before + (changed ? 1 : 0)),
    };
  },
};

export const definitions: Preparation = {
  create(object) {
    const versions = asArray(asObject(object['spec'])['versions']).map(asObject);
    const stored = versions.find((version) => version['storage'] === true);
    object['status'] = {
      conditions: null,
      acceptedNames: { plural: '', kind: '' },
      storedVersions: stored === undefined ? [] : [asString(stored['name'])],
    };
  },
  update(object, old) {
    const versions = asArray(asObject(object['spec'])['versions']).map(asObject);
    const stored = asString(versions.find((version) => version['storage'] === true)?.['name']);
    const status = asObject(old['status']);
    const known = asArray(status['storedVersions']).map(asString);
    object['status'] =
      stored !== '' && !known.includes(stored) ? { ...status, storedVersions: [...known, stored] } : status;
  },
};

function withoutEmptyRules(object: KubeObject): void {
  if (asArray(object['rules']).length === 0) object['rules'] = null;
}

/** The store knows no empty lists. */
export const roles: Preparation = { create: withoutEmptyRules, update: withoutEmptyRules };

export const nodes: Preparation = {
  create(object) {
    const spec = (isObject(object['spec']) ? object['spec'] : {}) as JsonObject;
    const taints = asArray(spec['taints']);
    const notReady = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' };
    // Until its controller has seen it, nothing is put on a new node.
    if (!taints.some((t) => asObject(t)['key'] === notReady.key && asObject(t)['effect'] === notReady.effect))
      spec['taints'] = [...taints, notReady];
    const range = spec['podCIDR'];
    if (typeof range === 'string' && range !== '' && spec['podCIDRs'] === undefined) spec['podCIDRs'] = [range];
    object['spec'] = spec;
    const status = object['status'];
    if (isObject(status) && isObject(status['capacity']) && status['allocatable'] === undefined)
      status['allocatable'] = cloneJson(status['capacity']);
  },
};
