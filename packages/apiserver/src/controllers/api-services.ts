import type { KubeObject } from '../types.ts';
import type { ControllerHost } from './controller.ts';
import { createInstaller, type Install } from './installer.ts';

const GROUP = 'apiregistration.k8s.io';
const MANAGED = 'kube-aggregator.kubernetes.io/automanaged';

/** `groupPriorityMinimum` and `versionPriority` of built-in versions: facts of kube-apiserver 1.36. */
const PRIORITIES: { readonly [name: string]: readonly [group: number, version: number] } = {
  'v1.': [18000, 1],
  'v1.admissionregistration.k8s.io': [16700, 15],
  'v1.apiextensions.k8s.io': [16700, 15],
  'v1.apps': [17800, 15],
  'v1.authentication.k8s.io': [17700, 15],
  'v1.authorization.k8s.io': [17600, 15],
  'v1.autoscaling': [17500, 15],
  'v1.batch': [17400, 15],
  'v1.certificates.k8s.io': [17300, 15],
  'v1.coordination.k8s.io': [16500, 15],
  'v1.discovery.k8s.io': [16200, 15],
  'v1.events.k8s.io': [17750, 15],
  'v1.flowcontrol.apiserver.k8s.io': [16100, 21],
  'v1.networking.k8s.io': [17200, 15],
  'v1.node.k8s.io': [16300, 15],
  'v1.policy': [17100, 15],
  'v1.rbac.authorization.k8s.io': [17000, 15],
  'v1.resource.k8s.io': [16200, 21],
  'v1.scheduling.k8s.io': [16600, 15],
  'v1.storage.k8s.io': [16800, 15],
  'v2.autoscaling': [17500, 30],
};

/** Of versions that definitions bring. */
const CUSTOM: readonly [number, number] = [1000, 100];

/** Keeps one APIService for each version of a group that is served here. */
export function startApiServices(host: ControllerHost): void {
  const services = host.target(GROUP, 'apiservices', '', '')?.resource.bucket;
  const definitions = host.target('apiextensions.k8s.io', 'customresourcedefinitions', '', '')?.resource.bucket;
  if (services === undefined || definitions === undefined) return;
  const install = createInstaller(host, 'kube-apiserver');
  const sync = () => {
    const wanted = new Set<string>();
    for (const { group, versions } of host.api.registry.groups())
      if (group !== GROUP) for (const version of versions) wanted.add(`${version}.${group}`);
    for (const { key, object } of services.values()) {
      if (object.metadata.labels?.[MANAGED] === undefined || wanted.has(key)) continue;
      const target = host.target(GROUP, 'apiservices', '', key);
      if (target !== undefined) host.writer.delete(target, { dryRun: false });
    }
    for (const name of wanted) if (services.get(name) === undefined) create(install, name);
  };
  sync();
  const queue = host.queue('apiservices', sync);
  host.listen(definitions, () => queue.add('all'));
  host.listen(services, () => queue.add('all'));
}

function create(install: Install, name: string): void {
  const dot = name.indexOf('.');
  const [version, group] = [name.slice(0, dot), name.slice(dot + 1)];
  const priorities = PRIORITIES[name];
  const [groupPriorityMinimum, versionPriority] = priorities ?? CUSTOM;
  const object: KubeObject = {
    apiVersion: `${GROUP}/v1`,
    kind: 'APIService',
    metadata: { name, labels: { [MANAGED]: priorities === undefined ? 'true' : 'onstart' } },
    spec: { ...(group === '' ? {} : { group }), groupPriorityMinimum, version, versionPriority },
  };
  install(GROUP, 'apiservices', object);
}
