import { asArray, asObject, asString } from '../../json.ts';
import { randomSuffix } from '../../rest/api-context.ts';
import type { StrategyContext } from '../../rest/resource.ts';
import type { JsonObject, KubeObject } from '../../types.ts';
import { admitResources } from '../admission/limit-ranger.ts';
import {
  admitRuntimeClass,
  checkServiceAccount,
  computePriority,
  takePullSecrets,
} from '../admission/pod-references.ts';
import type { Preparation } from './preparation.ts';
import { qosClassOf } from './qos-class.ts';

const TOLERATIONS = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'];

export const pods: Preparation = {
  create(object, context) {
    const spec = object['spec'] as JsonObject;
    if (spec['serviceAccountName'] === undefined) {
      spec['serviceAccountName'] = 'default';
      spec['serviceAccount'] = 'default';
    }
    computePriority(object, spec, context);
    checkServiceAccount(object, spec, context);
    takePullSecrets(object, spec, context);
    admitRuntimeClass(object, spec, context);
    if (spec['automountServiceAccountToken'] !== false) mountToken(object, spec, context);
    if (typeof spec['terminationGracePeriodSeconds'] === 'number' && spec['terminationGracePeriodSeconds'] < 0)
      spec['terminationGracePeriodSeconds'] = 1;
    tolerateFailures(spec);
    object['status'] = { phase: 'Pending', qosClass: qosClassOf(spec), ...gatedCondition(spec, context.now) };
    admitResources(object, context);
  },
  update(object, old) {
    const spec = object['spec'] as JsonObject;
    tolerateFailures(spec);
    // Who leaves these out does not mean to change them.
    for (const field of ['priority', 'preemptionPolicy'])
      if (spec[field] === undefined && asObject(old['spec'])[field] !== undefined)
        spec[field] = asObject(old['spec'])[field];
  },
};

/** DefaultTolerationSeconds: a pod stays five minutes on a node that is not ready. */
function tolerateFailures(spec: JsonObject): void {
  const tolerations = asArray(spec['tolerations']).map(asObject);
  const missing = TOLERATIONS.filter(
    (key) =>
      !tolerations.some(
        (t) =>
          (t['key'] === key || t['key'] === undefined) && (t['effect'] === 'NoExecute' || t['effect'] === undefined),
      ),
  );
  if (missing.length === 0) return;
  spec['tolerations'] = [
    ...tolerations,
    ...missing.map((key) => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 })),
  ];
}

/** Says why a pod with scheduling gates waits. */
function gatedCondition(spec: JsonObject, now: string): JsonObject {
  if (asArray(spec['schedulingGates']).length === 0) return {};
  return {
    conditions: [
      {
        type: 'PodScheduled',
        status: 'False',
        lastProbeTime: null,
        lastTransitionTime: now,
        reason: 'SchedulingGated',
        message: 'Scheduling is blocked due to non-empty scheduling gates',
      },
    ],
  };
}

const TOKEN_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';

/** The ServiceAccount admission plugin: every container sees a token of the pod's account. */
function mountToken(object: KubeObject, spec: JsonObject, context: StrategyContext): void {
  const account = context.lookup(
    '/serviceaccounts',
    `${object.metadata.namespace}/${asString(spec['serviceAccountName'])}`,
  );
  // What the pod says counts more than what its account says.
  if (spec['automountServiceAccountToken'] === undefined && account?.['automountServiceAccountToken'] === false) return;
  const containers = [...asArray(spec['initContainers']), ...asArray(spec['containers'])].map(asObject);
  const isMounted = (container: JsonObject) =>
    asArray(container['volumeMounts']).some((m) => asObject(m)['mountPath'] === TOKEN_PATH);
  if (containers.every(isMounted)) return;
  const name = `kube-api-access-${randomSuffix(5)}`;
  for (const container of containers) {
    if (isMounted(container)) continue;
    container['volumeMounts'] = [
      ...asArray(container['volumeMounts']),
      { name, readOnly: true, mountPath: TOKEN_PATH },
    ];
  }
  const field = { path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } };
  spec['volumes'] = [
    ...asArray(spec['volumes']),
    {
      name,
      projected: {
        sources: [
          { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
          { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
          { downwardAPI: { items: [field] } },
        ],
        defaultMode: 420,
      },
    },
  ];
}
