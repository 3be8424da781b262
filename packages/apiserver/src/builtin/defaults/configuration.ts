import { asObject, isObject } from '../../json.ts';
import { type Defaults, objectsOf, set, setZero } from './set.ts';

export const secrets: Defaults = (object) => {
  // `stringData` is write-only: it becomes data before anybody owns it.
  if (isObject(object['stringData'])) {
    const data = { ...asObject(object['data']) };
    for (const [key, value] of Object.entries(object['stringData'])) {
      data[key] = Buffer.from(String(value), 'utf8').toString('base64');
    }
    if (Object.keys(data).length > 0) object['data'] = data;
    delete object['stringData'];
  }
  set(object, 'type', 'Opaque');
};

export const namespaces: Defaults = (object) => {
  if (object.metadata.name !== undefined && object.metadata.name !== '') {
    object.metadata.labels ??= {};
    object.metadata.labels['kubernetes.io/metadata.name'] = object.metadata.name;
  }
};

export const limitRanges: Defaults = (object) => {
  for (const limit of objectsOf(asObject(object['spec'])['limits'])) {
    if (limit['type'] !== 'Container') continue;
    const max = asObject(limit['max']);
    const min = asObject(limit['min']);
    const limits = { ...asObject(limit['default']) };
    const requests = { ...asObject(limit['defaultRequest']) };
    for (const [name, value] of Object.entries(max)) set(limits, name, value);
    for (const [name, value] of Object.entries(limits)) set(requests, name, value);
    for (const [name, value] of Object.entries(min)) set(requests, name, value);
    if (Object.keys(limits).length > 0) limit['default'] = limits;
    if (Object.keys(requests).length > 0) limit['defaultRequest'] = requests;
  }
};

export const priorityClasses: Defaults = (object) => {
  set(object, 'preemptionPolicy', 'PreemptLowerPriority');
};

export const bindings: Defaults = (object) => {
  const role = asObject(object['roleRef']);
  setZero(role, 'apiGroup', 'rbac.authorization.k8s.io');
  for (const subject of objectsOf(object['subjects'])) {
    if (subject['kind'] === 'User' || subject['kind'] === 'Group')
      setZero(subject, 'apiGroup', 'rbac.authorization.k8s.io');
  }
};
