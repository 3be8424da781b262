import { asArray, asObject, isObject } from '../../json.ts';
import type { JsonObject, KubeObject } from '../../types.ts';

/** Removes fields whose feature gates are off by default: the server knows them, and forgets them. */
export type Dropping = (object: KubeObject) => void;

function dropFromPod(spec: JsonObject): void {
  delete spec['schedulingGroup'];
  for (const list of ['containers', 'initContainers', 'ephemeralContainers'])
    for (const container of asArray(spec[list])) {
      const { lifecycle } = asObject(container);
      if (isObject(lifecycle)) delete lifecycle['stopSignal'];
    }
  for (const volume of asArray(spec['volumes']))
    for (const source of asArray(asObject(asObject(volume)['projected'])['sources'])) {
      if (!isObject(source)) continue;
      delete source['clusterTrustBundle'];
      delete source['podCertificate'];
    }
}

function dropFromTemplate(owner: unknown): void {
  const spec = asObject(asObject(owner)['template'])['spec'];
  if (isObject(spec)) dropFromPod(spec);
}

const workload: Dropping = (object) => dropFromTemplate(object['spec']);

/** Fields of `spec` itself. */
const fields =
  (...names: readonly string[]): Dropping =>
  (object) => {
    const spec = object['spec'];
    if (isObject(spec)) for (const name of names) delete spec[name];
  };

/** By `group/plural`. */
export const disabledFields: ReadonlyMap<string, Dropping> = new Map<string, Dropping>([
  ['/nodes', fields('configSource')],
  ['/pods', (object) => dropFromPod(asObject(object['spec']))],
  ['/podtemplates', (object) => dropFromTemplate(object)],
  ['/replicationcontrollers', workload],
  ['apps/daemonsets', workload],
  ['apps/deployments', workload],
  ['apps/replicasets', workload],
  [
    'apps/statefulsets',
    (object) => {
      workload(object);
      const { rollingUpdate } = asObject(asObject(object['spec'])['updateStrategy']);
      if (isObject(rollingUpdate)) delete rollingUpdate['maxUnavailable'];
    },
  ],
  ['batch/cronjobs', (object) => dropFromTemplate(asObject(asObject(object['spec'])['jobTemplate'])['spec'])],
  ['batch/jobs', workload],
  ['coordination.k8s.io/leases', fields('strategy', 'preferredHolder')],
  ['storage.k8s.io/csidrivers', fields('preventPodSchedulingIfMissing')],
]);
