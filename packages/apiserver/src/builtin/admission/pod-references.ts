import { forbidden } from '../../errors.ts';
import { asArray, asNumber, asObject, asString, cloneJson } from '../../json.ts';
import type { StrategyContext } from '../../rest/resource.ts';
import type { JsonObject, KubeObject } from '../../types.ts';

const PODS = { group: '', resource: 'pods' };

/** Priorities that are there before anybody makes a class. */
export const SYSTEM_PRIORITIES: { readonly [name: string]: number } = {
  'system-node-critical': 2_000_001_000,
  'system-cluster-critical': 2_000_000_000,
};

/**
 * The Priority plugin: turns the class of a new pod into a number.
 *
 * @throws {StatusError} 403
 */
export function computePriority(object: KubeObject, spec: JsonObject, context: StrategyContext): void {
  const name = asString(object.metadata.name);
  const className = asString(spec['priorityClassName']);
  let value = 0;
  let policy: unknown = 'PreemptLowerPriority';
  const found =
    className === '' ? globalDefault(context) : context.lookup('scheduling.k8s.io/priorityclasses', className);
  if (found !== undefined) {
    value = asNumber(found['value']);
    policy = found['preemptionPolicy'] ?? policy;
    if (className === '') spec['priorityClassName'] = found.metadata.name;
  } else if (className !== '') {
    const system = SYSTEM_PRIORITIES[className];
    if (system === undefined) throw forbidden(PODS, name, `no PriorityClass with name ${className} was found`);
    value = system;
  }
  const given = spec['priority'];
  if (given !== undefined && given !== value)
    throw forbidden(
      PODS,
      name,
      `the integer value of priority (${given}) must not be provided in pod spec; priority admission controller computed ${value} from the given PriorityClass name`,
    );
  const wish = spec['preemptionPolicy'];
  if (wish !== undefined && wish !== policy)
    throw forbidden(
      PODS,
      name,
      `the string value of PreemptionPolicy (${wish}) must not be provided in pod spec; priority admission controller computed ${policy} from the given PriorityClass name`,
    );
  spec['priority'] = value;
  spec['preemptionPolicy'] = policy;
}

function globalDefault(context: StrategyContext): KubeObject | undefined {
  let best: KubeObject | undefined;
  for (const one of context.list('scheduling.k8s.io/priorityclasses')) {
    if (one['globalDefault'] !== true) continue;
    if (best === undefined || asNumber(one['value']) < asNumber(best['value'])) best = one;
  }
  return best;
}

/**
 * The ServiceAccount plugin's first question: is there such an account?
 *
 * The default account is never missed here: its controller may not have been there yet.
 *
 * @throws {StatusError} 403
 */
export function checkServiceAccount(object: KubeObject, spec: JsonObject, context: StrategyContext): void {
  const { namespace = '', name = '' } = object.metadata;
  const account = asString(spec['serviceAccountName']);
  if (account === '' || account === 'default') return;
  if (context.lookup('/serviceaccounts', `${namespace}/${account}`) !== undefined) return;
  throw forbidden(
    PODS,
    name,
    `error looking up service account ${namespace}/${account}: serviceaccount "${account}" not found`,
  );
}

/** What the account pulls images with, for a pod that says nothing about it. */
export function takePullSecrets(object: KubeObject, spec: JsonObject, context: StrategyContext): void {
  if (asArray(spec['imagePullSecrets']).length > 0) return;
  const key = `${object.metadata.namespace}/${asString(spec['serviceAccountName'])}`;
  const given = asArray(context.lookup('/serviceaccounts', key)?.['imagePullSecrets']);
  if (given.length > 0) spec['imagePullSecrets'] = cloneJson(given);
}

/**
 * The RuntimeClass plugin: what the class of a new pod adds to it.
 *
 * @throws {StatusError} 403
 */
export function admitRuntimeClass(object: KubeObject, spec: JsonObject, context: StrategyContext): void {
  const name = asString(spec['runtimeClassName']);
  if (name === '') return;
  const refuse = (why: string) => forbidden(PODS, asString(object.metadata.name), `pod rejected: ${why}`);
  const found = context.lookup('node.k8s.io/runtimeclasses', name);
  if (found === undefined) throw refuse(`RuntimeClass ${JSON.stringify(name)} not found`);
  const overhead = asObject(found['overhead'])['podFixed'];
  if (overhead !== undefined && spec['overhead'] === undefined) spec['overhead'] = cloneJson(overhead);
  const { nodeSelector, tolerations } = asObject(found['scheduling']);
  const own = asObject(spec['nodeSelector']);
  for (const [key, value] of Object.entries(asObject(nodeSelector))) {
    if (own[key] !== undefined && own[key] !== value)
      throw refuse(
        `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${own[key]}`,
      );
    own[key] = value;
  }
  if (Object.keys(own).length > 0) spec['nodeSelector'] = own;
  if (tolerations !== undefined)
    spec['tolerations'] = [...asArray(spec['tolerations']), ...asArray(cloneJson(tolerations))];
}
