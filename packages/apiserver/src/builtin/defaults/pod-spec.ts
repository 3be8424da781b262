import { asObject, isObject } from '../../json.ts';
import type { JsonObject } from '../../types.ts';
import { objectsOf, set } from './set.ts';

export function defaultPodSpec(spec: JsonObject, podItself: boolean): void {
  set(spec, 'dnsPolicy', 'ClusterFirst');
  set(spec, 'restartPolicy', 'Always');
  set(spec, 'securityContext', {});
  set(spec, 'terminationGracePeriodSeconds', 30);
  set(spec, 'schedulerName', 'default-scheduler');
  if (podItself) set(spec, 'enableServiceLinks', true);
  const account = spec['serviceAccountName'] ?? spec['serviceAccount'];
  if (account !== undefined) {
    set(spec, 'serviceAccountName', account);
    spec['serviceAccount'] = spec['serviceAccountName'];
  }
  if (podItself && isObject(spec['resources'])) requestLimits(spec['resources'], isOfPod);
  const hostNetwork = spec['hostNetwork'] === true;
  for (const list of ['initContainers', 'containers', 'ephemeralContainers']) {
    for (const container of objectsOf(spec[list])) defaultContainer(container, podItself, hostNetwork);
  }
  for (const volume of objectsOf(spec['volumes'])) defaultVolume(volume);
}

function defaultContainer(container: JsonObject, podItself: boolean, hostNetwork: boolean): void {
  set(container, 'terminationMessagePath', '/dev/termination-log');
  set(container, 'terminationMessagePolicy', 'File');
  if (container['imagePullPolicy'] === undefined) {
    const image = typeof container['image'] === 'string' ? container['image'] : '';
    container['imagePullPolicy'] = isLatest(image) ? 'Always' : 'IfNotPresent';
  }
  for (const port of objectsOf(container['ports'])) {
    set(port, 'protocol', 'TCP');
    if (podItself && hostNetwork && port['containerPort'] !== undefined) set(port, 'hostPort', port['containerPort']);
  }
  for (const probe of ['livenessProbe', 'readinessProbe', 'startupProbe']) {
    if (isObject(container[probe])) defaultProbe(container[probe]);
  }
  const lifecycle = asObject(container['lifecycle']);
  for (const hook of ['postStart', 'preStop']) defaultHttpGet(asObject(lifecycle[hook])['httpGet']);
  for (const variable of objectsOf(container['env'])) {
    const field = asObject(variable['valueFrom'])['fieldRef'];
    if (isObject(field)) set(field, 'apiVersion', 'v1');
    const resource = asObject(variable['valueFrom'])['resourceFieldRef'];
    if (isObject(resource)) set(resource, 'divisor', '0');
  }
  if (podItself) requestLimits(asObject(container['resources']));
}

/** Requests that are not given are the limits. */
function requestLimits(resources: JsonObject, applies = (_name: string) => true): void {
  const limits = asObject(resources['limits']);
  if (Object.keys(limits).length === 0) return;
  const requests = { ...asObject(resources['requests']) };
  for (const [name, value] of Object.entries(limits)) if (applies(name)) set(requests, name, value);
  resources['requests'] = requests;
}

/** A name that can be read, without a digest: where it cannot, nobody knows the tag. */
const IMAGE =
  /^(?:[A-Za-z0-9](?:[-A-Za-z0-9]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[-A-Za-z0-9]*[A-Za-z0-9])?)*(?::\d+)?\/)?[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*(?::\w[\w.-]{0,127})?$/;

/** Resources that a pod as a whole can ask for. */
function isOfPod(name: string): boolean {
  return name === 'cpu' || name === 'memory' || name.startsWith('hugepages-');
}

function isLatest(image: string): boolean {
  if (!IMAGE.test(image)) return false;
  const last = image.slice(image.lastIndexOf('/') + 1);
  const tag = last.includes(':') ? last.slice(last.indexOf(':') + 1) : 'latest';
  return tag === 'latest';
}

function defaultProbe(probe: JsonObject): void {
  set(probe, 'timeoutSeconds', 1);
  set(probe, 'periodSeconds', 10);
  set(probe, 'successThreshold', 1);
  set(probe, 'failureThreshold', 3);
  defaultHttpGet(probe['httpGet']);
  if (isObject(probe['grpc'])) set(probe['grpc'], 'service', '');
}

function defaultHttpGet(action: unknown): void {
  if (!isObject(action)) return;
  set(action, 'path', '/');
  set(action, 'scheme', 'HTTP');
}

const MODE_0644 = 420;

function defaultVolume(volume: JsonObject): void {
  const sources = Object.keys(volume).filter((key) => key !== 'name');
  if (sources.length === 0) volume['emptyDir'] = {};
  for (const kind of ['secret', 'configMap', 'downwardAPI', 'projected']) {
    if (isObject(volume[kind])) set(volume[kind], 'defaultMode', MODE_0644);
  }
  for (const source of objectsOf(asObject(volume['projected'])['sources'])) {
    if (isObject(source['serviceAccountToken'])) set(source['serviceAccountToken'], 'expirationSeconds', 3600);
    defaultDownward(asObject(source['downwardAPI'])['items']);
  }
  defaultDownward(asObject(volume['downwardAPI'])['items']);
  if (isObject(volume['hostPath'])) set(volume['hostPath'], 'type', '');
  if (isObject(volume['image'])) {
    const reference = typeof volume['image']['reference'] === 'string' ? volume['image']['reference'] : '';
    set(volume['image'], 'pullPolicy', isLatest(reference) ? 'Always' : 'IfNotPresent');
  }
  const template = asObject(asObject(volume['ephemeral'])['volumeClaimTemplate'])['spec'];
  if (isObject(template)) set(template, 'volumeMode', 'Filesystem');
  const iscsi = volume['iscsi'];
  if (isObject(iscsi)) set(iscsi, 'iscsiInterface', 'default');
  const rbd = volume['rbd'];
  if (isObject(rbd)) {
    set(rbd, 'pool', 'rbd');
    set(rbd, 'user', 'admin');
    set(rbd, 'keyring', '/etc/ceph/keyring');
  }
}

function defaultDownward(items: unknown): void {
  for (const item of objectsOf(items)) if (isObject(item['fieldRef'])) set(item['fieldRef'], 'apiVersion', 'v1');
}

export function defaultTemplate(spec: JsonObject): void {
  if (!isObject(spec['template'])) spec['template'] = {};
  const template = spec['template'] as JsonObject;
  if (!isObject(template['metadata'])) template['metadata'] = {};
  if (!isObject(template['spec'])) template['spec'] = {};
  defaultPodSpec(template['spec'] as JsonObject, false);
}

export function templateLabels(spec: JsonObject): JsonObject {
  return asObject(asObject(asObject(spec['template'])['metadata'])['labels']);
}
