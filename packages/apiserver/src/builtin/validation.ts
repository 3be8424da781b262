import type { FieldError } from '@fluvial/schema';
import { duplicate, forbiddenField, invalidValue, notSupported, required, tooLong } from '../field-errors.ts';
import { asArray, asNumber, asObject, asString, equalJson, isObject } from '../json.ts';
import { checkLabel, checkSubdomain } from '../rest/names.ts';
import type { StrategyContext } from '../rest/resource.ts';
import { matchesLabelSelector } from '../rest/selectors.ts';
import type { JsonObject, KubeObject } from '../types.ts';
import { validateDefinition } from './validate-definition.ts';
import { validatePodSpec, validatePodTemplate } from './validate-pods.ts';

/** Rules of one kind; `old` is there on updates. */
export type Validation = (object: KubeObject, old: KubeObject | undefined, context: StrategyContext) => FieldError[];

const MAX_DATA_BYTES = 1024 * 1024;
const IMMUTABLE = 'field is immutable';
const CONFIG_KEY = /^[-._a-zA-Z0-9]+$/;
const CONFIG_KEY_TEXT =
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";

function keysOf(object: KubeObject, field: string, errors: FieldError[]): number {
  let size = 0;
  for (const [key, value] of Object.entries(asObject(object[field]))) {
    if (key.length > 253) errors.push(invalidValue(`${field}[${key}]`, key, 'must be no more than 253 characters'));
    if (!CONFIG_KEY.test(key)) errors.push(invalidValue(`${field}[${key}]`, key, CONFIG_KEY_TEXT));
    else if (key === '.' || key === '..') errors.push(invalidValue(`${field}[${key}]`, key, `must not be '${key}'`));
    size += key.length + Buffer.byteLength(asString(value));
  }
  return size;
}

function immutableData(object: KubeObject, old: KubeObject | undefined, fields: readonly string[]): FieldError[] {
  if (old?.['immutable'] !== true) return [];
  const errors: FieldError[] = [];
  if (object['immutable'] !== true)
    errors.push(forbiddenField('immutable', 'field is immutable when `immutable` is set'));
  for (const field of fields) {
    if (!equalJson(object[field] ?? {}, old[field] ?? {})) {
      errors.push(forbiddenField(field, 'field is immutable when `immutable` is set'));
    }
  }
  return errors;
}

const configMaps: Validation = (object, old) => {
  const errors: FieldError[] = [];
  const size = keysOf(object, 'data', errors) + keysOf(object, 'binaryData', errors);
  const text = asObject(object['data']);
  for (const key of Object.keys(asObject(object['binaryData']))) {
    if (Object.hasOwn(text, key))
      errors.push(invalidValue(`data[${key}]`, key, 'duplicate of key present in binaryData'));
  }
  if (size > MAX_DATA_BYTES) errors.push(tooLong('', MAX_DATA_BYTES));
  return [...errors, ...immutableData(object, old, ['data', 'binaryData'])];
};

const SECRET_KEYS: { readonly [type: string]: readonly string[] } = {
  'kubernetes.io/dockercfg': ['.dockercfg'],
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
};

const secrets: Validation = (object, old) => {
  const errors: FieldError[] = [];
  const data = asObject(object['data']);
  let size = 0;
  for (const [key, value] of Object.entries(data)) {
    if (!CONFIG_KEY.test(key)) errors.push(invalidValue(`data[${key}]`, key, CONFIG_KEY_TEXT));
    size += Math.floor((asString(value).length * 3) / 4);
  }
  if (size > MAX_DATA_BYTES) errors.push(tooLong('data', MAX_DATA_BYTES));
  const type = asString(object['type']);
  for (const key of SECRET_KEYS[type] ?? []) {
    if (!Object.hasOwn(data, key)) errors.push(required(`data[${key}]`));
    else if (key.startsWith('.docker')) {
      try {
        JSON.parse(Buffer.from(asString(data[key]), 'base64').toString('utf8'));
      } catch {
        errors.push(invalidValue(`data[${key}]`, '<secret contents redacted>', 'invalid character in JSON'));
      }
    }
  }
  if (type === 'kubernetes.io/basic-auth' && data['username'] === undefined && data['password'] === undefined) {
    errors.push(required('data[username]'), required('data[password]'));
  }
  if (
    type === 'kubernetes.io/service-account-token' &&
    (object.metadata.annotations?.['kubernetes.io/service-account.name'] ?? '') === ''
  ) {
    errors.push(required('metadata.annotations[kubernetes.io/service-account.name]'));
  }
  if (old !== undefined && old['type'] !== object['type']) errors.push(invalidValue('type', object['type'], IMMUTABLE));
  return [...errors, ...immutableData(object, old, ['data'])];
};

function validateSelector(selector: unknown, path: string): FieldError[] {
  const errors: FieldError[] = [];
  asArray(asObject(selector)['matchExpressions']).forEach((entry, i) => {
    const { operator, values } = asObject(entry);
    const at = `${path}.matchExpressions[${i}]`;
    const count = asArray(values).length;
    if (operator === 'In' || operator === 'NotIn') {
      if (count === 0) errors.push(required(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
    } else if (operator === 'Exists' || operator === 'DoesNotExist') {
      if (count > 0)
        errors.push(
          forbiddenField(`${at}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"),
        );
    } else errors.push(invalidValue(`${at}.operator`, operator ?? '', 'not a valid selector operator'));
  });
  return errors;
}

/** Selector and template of a workload. */
function workload(object: KubeObject, old: KubeObject | undefined, immutableSelector: boolean): FieldError[] {
  const spec = asObject(object['spec']);
  const errors: FieldError[] = [];
  if (spec['replicas'] !== undefined && asNumber(spec['replicas']) < 0) {
    errors.push(invalidValue('spec.replicas', spec['replicas'], 'must be greater than or equal to 0'));
  }
  const selector = spec['selector'];
  const { matchLabels, matchExpressions } = asObject(selector);
  if (selector === undefined) errors.push(required('spec.selector'));
  else if (Object.keys(asObject(matchLabels)).length + asArray(matchExpressions).length === 0) {
    errors.push(invalidValue('spec.selector', selector, `empty selector is invalid for ${object.kind.toLowerCase()}`));
  }
  errors.push(...validateSelector(selector, 'spec.selector'));
  const template = asObject(spec['template']);
  const labels = asObject(asObject(template['metadata'])['labels']) as { [key: string]: string };
  if (!matchesLabelSelector(selector, labels)) {
    const shown = Object.keys(labels).length === 0 ? null : labels;
    errors.push(invalidValue('spec.template.metadata.labels', shown, '`selector` does not match template `labels`'));
  }
  errors.push(...validatePodTemplate(template, 'spec.template', ['Always']));
  if (immutableSelector && old !== undefined && !equalJson(selector, asObject(old['spec'])['selector'])) {
    errors.push(invalidValue('spec.selector', selector, IMMUTABLE));
  }
  return errors;
}

function numberOrPercent(value: unknown): number {
  if (typeof value === 'number') return value;
  return Number.parseInt(asString(value), 10) || 0;
}

const deployments: Validation = (object, old) => {
  const errors = workload(object, old, true);
  const spec = asObject(object['spec']);
  const strategy = asObject(spec['strategy']);
  if (strategy['type'] === 'Recreate' && strategy['rollingUpdate'] !== undefined) {
    errors.push(
      forbiddenField('spec.strategy.rollingUpdate', "may not be specified when strategy `type` is 'Recreate'"),
    );
  }
  const rolling = asObject(strategy['rollingUpdate']);
  if (strategy['type'] === 'RollingUpdate') {
    for (const field of ['maxUnavailable', 'maxSurge']) {
      const value = rolling[field];
      if (typeof value === 'string' && !/^[0-9]+%$/.test(value)) {
        errors.push(
          invalidValue(
            `spec.strategy.rollingUpdate.${field}`,
            value,
            "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
          ),
        );
      }
    }
    if (numberOrPercent(rolling['maxUnavailable']) === 0 && numberOrPercent(rolling['maxSurge']) === 0) {
      errors.push(
        invalidValue(
          'spec.strategy.rollingUpdate.maxUnavailable',
          rolling['maxUnavailable'],
          'may not be 0 when `maxSurge` is 0',
        ),
      );
    }
  }
  const deadline = spec['progressDeadlineSeconds'];
  if (typeof deadline === 'number' && deadline <= asNumber(spec['minReadySeconds'])) {
    errors.push(invalidValue('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds'));
  }
  return errors;
};

const STATEFUL_MUTABLE = [
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
];

const statefulSets: Validation = (object, old) => {
  const errors = workload(object, old, false);
  if (old !== undefined) {
    const now = asObject(object['spec']);
    const before = asObject(old['spec']);
    const fields = new Set([...Object.keys(now), ...Object.keys(before)]);
    if ([...fields].some((field) => !STATEFUL_MUTABLE.includes(field) && !equalJson(now[field], before[field]))) {
      errors.push(
        forbiddenField(
          'spec',
          "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
        ),
      );
    }
  }
  return errors;
};

const jobs: Validation = (object, old) => {
  const spec = asObject(object['spec']);
  const errors: FieldError[] = [];
  for (const field of [
    'parallelism',
    'completions',
    'backoffLimit',
    'activeDeadlineSeconds',
    'ttlSecondsAfterFinished',
  ]) {
    if (typeof spec[field] === 'number' && (spec[field] as number) < 0) {
      errors.push(invalidValue(`spec.${field}`, spec[field], 'must be greater than or equal to 0'));
    }
  }
  const selector = spec['selector'];
  const template = asObject(spec['template']);
  const labels = asObject(asObject(template['metadata'])['labels']) as { [key: string]: string };
  if (selector === undefined) errors.push(required('spec.selector'));
  else if (!matchesLabelSelector(selector, labels)) {
    errors.push(invalidValue('spec.template.metadata.labels', labels, '`selector` does not match template `labels`'));
  }
  errors.push(...validateJobTemplate(template, 'spec.template'));
  if (old === undefined) return errors;
  const before = asObject(old['spec']);
  if (spec['completionMode'] !== 'Indexed' && !equalJson(spec['completions'], before['completions'])) {
    errors.push(invalidValue('spec.completions', spec['completions'] ?? null, IMMUTABLE));
  }
  if (!equalJson(selector, before['selector'])) errors.push(invalidValue('spec.selector', selector ?? null, IMMUTABLE));
  const suspended = before['suspend'] === true && asObject(old['status'])['startTime'] === undefined;
  const frozen = suspended ? withoutScheduling(template) : template;
  const frozenBefore = suspended ? withoutScheduling(asObject(before['template'])) : before['template'];
  if (!equalJson(frozen, frozenBefore)) errors.push(invalidValue('spec.template', template, IMMUTABLE));
  for (const field of ['completionMode', 'podFailurePolicy', 'backoffLimitPerIndex', 'managedBy', 'successPolicy']) {
    if (!equalJson(spec[field], before[field]))
      errors.push(invalidValue(`spec.${field}`, spec[field] ?? null, IMMUTABLE));
  }
  return errors;
};

/** Scheduling directives of a suspended Job may still change. */
function withoutScheduling(template: JsonObject): JsonObject {
  const { labels: _labels, annotations: _annotations, ...meta } = asObject(template['metadata']);
  const { nodeSelector: _n, affinity: _a, tolerations: _t, schedulingGates: _g, ...spec } = asObject(template['spec']);
  return { metadata: meta, spec };
}

function validateJobTemplate(template: JsonObject, path: string): FieldError[] {
  const errors = validatePodTemplate(template, path, undefined);
  const policy = asObject(template['spec'])['restartPolicy'];
  if (policy === 'Always') errors.push(required(`${path}.spec.restartPolicy`, 'valid values: "OnFailure", "Never"'));
  return errors;
}

const CRON_FIELD = /^[\d*/,\-A-Za-z?LW#]+$/;

const cronJobs: Validation = (object) => {
  const spec = asObject(object['spec']);
  const errors: FieldError[] = [];
  const schedule = asString(spec['schedule']);
  if (schedule === '') errors.push(required('spec.schedule'));
  else if (!schedule.startsWith('@')) {
    const fields = schedule.trim().split(/\s+/);
    if (fields.length !== 5) {
      errors.push(
        invalidValue(
          'spec.schedule',
          schedule,
          `expected exactly 5 fields, found ${fields.length}: [${fields.join(' ')}]`,
        ),
      );
    } else if (fields.some((field) => !CRON_FIELD.test(field))) {
      errors.push(invalidValue('spec.schedule', schedule, 'failed to parse int from field'));
    }
  }
  if (asString(object.metadata.name).length > 52) {
    errors.push(invalidValue('metadata.name', object.metadata.name, 'must be no more than 52 characters'));
  }
  const template = asObject(asObject(asObject(spec['jobTemplate'])['spec'])['template']);
  errors.push(...validateJobTemplate(template, 'spec.jobTemplate.spec.template'));
  return errors;
};

const POD_MUTABLE_TEXT =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

const pods: Validation = (object, old) => {
  const spec = asObject(object['spec']);
  if (old === undefined) return validatePodSpec(spec, 'spec', undefined);
  const errors: FieldError[] = [];
  const before = asObject(old['spec']);
  if (!equalJson(frozenPod(spec), frozenPod(before)) && before['nodeName'] === spec['nodeName']) {
    errors.push(forbiddenField('spec', POD_MUTABLE_TEXT));
  }
  return errors;
};

function frozenPod(spec: JsonObject): JsonObject {
  const { activeDeadlineSeconds: _d, tolerations: _t, schedulingGates: _g, ephemeralContainers: _e, ...rest } = spec;
  const strip = (list: unknown) =>
    asArray(list).map((c) => {
      const { image: _image, resources: _resources, ...kept } = asObject(c);
      return kept;
    });
  return { ...rest, containers: strip(rest['containers']), initContainers: strip(rest['initContainers']) };
}

const services: Validation = (object, old) => {
  const spec = asObject(object['spec']);
  const errors: FieldError[] = [];
  const ports = asArray(spec['ports']).map(asObject);
  const headless = spec['clusterIP'] === 'None';
  const external = spec['type'] === 'ExternalName';
  if (ports.length === 0 && !headless && !external) errors.push(required('spec.ports'));
  if (external && asString(spec['externalName']) === '') errors.push(required('spec.externalName'));
  const names = new Set<string>();
  const numbers = new Set<string>();
  ports.forEach((port, i) => {
    const at = `spec.ports[${i}]`;
    const name = asString(port['name']);
    if (ports.length > 1 && name === '') errors.push(required(`${at}.name`));
    else if (name !== '') {
      for (const text of checkLabel(name)) errors.push(invalidValue(`${at}.name`, name, text));
      if (names.has(name)) errors.push(duplicate(`${at}.name`, name));
      names.add(name);
    }
    const number = asNumber(port['port']);
    if (number < 1 || number > 65535)
      errors.push(invalidValue(`${at}.port`, number, 'must be between 1 and 65535, inclusive'));
    const target = port['targetPort'];
    if (typeof target === 'number' && (target < 1 || target > 65535)) {
      errors.push(invalidValue(`${at}.targetPort`, target, 'must be between 1 and 65535, inclusive'));
    }
    const key = `${asString(port['protocol'])}/${number}`;
    if (numbers.has(key)) errors.push(duplicate(at, { port: number, protocol: port['protocol'] }));
    numbers.add(key);
    const nodePort = port['nodePort'];
    if (typeof nodePort === 'number' && spec['type'] === 'ClusterIP') {
      errors.push(forbiddenField(`${at}.nodePort`, "may not be used when `type` is 'ClusterIP'"));
    } else if (typeof nodePort === 'number' && (nodePort < 30000 || nodePort > 32767)) {
      errors.push(
        invalidValue(
          `${at}.nodePort`,
          nodePort,
          'provided port is not in the valid range. The range of valid ports is 30000-32767',
        ),
      );
    }
  });
  const address = asString(spec['clusterIP']);
  if (address !== '' && address !== 'None' && !/^[0-9a-f.:]+$/i.test(address)) {
    errors.push(
      invalidValue('spec.clusterIPs[0]', address, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'),
    );
  }
  if (old !== undefined) {
    const before = asObject(old['spec']);
    const address0 = asString(before['clusterIP']);
    if (address0 !== '' && address !== address0 && before['type'] !== 'ExternalName' && !external) {
      errors.push(invalidValue('spec.clusterIPs[0]', asArray(spec['clusterIPs']), 'may not change once set'));
    }
  }
  return errors;
};

const CLAIM_TEXT =
  'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims';

const claims: Validation = (object, old) => {
  const spec = asObject(object['spec']);
  const errors: FieldError[] = [];
  if (asArray(spec['accessModes']).length === 0)
    errors.push(required('spec.accessModes', 'at least 1 access mode is required'));
  if (asObject(asObject(spec['resources'])['requests'])['storage'] === undefined)
    errors.push(required('spec.resources[storage]'));
  if (old !== undefined) {
    const before = asObject(old['spec']);
    const isBound = asObject(old['status'])['phase'] === 'Bound';
    if (!equalJson(frozenClaim(spec, before, isBound), frozenClaim(before, before, isBound)))
      errors.push(forbiddenField('spec', CLAIM_TEXT));
  }
  return errors;
};

function frozenClaim(spec: JsonObject, before: JsonObject, isBound: boolean): JsonObject {
  const { resources, volumeName, volumeAttributesClassName: _v, ...rest } = spec;
  const { requests, ...limits } = asObject(resources);
  // Only what is bound may grow.
  const kept = isBound ? limits : { ...limits, requests };
  // Binding sets the volume's name once.
  return { ...rest, resources: kept, ...(before['volumeName'] === undefined ? {} : { volumeName }) };
}

const bindings: Validation = (object, old) => {
  const errors: FieldError[] = [];
  const role = asObject(object['roleRef']);
  const kinds = object.kind === 'RoleBinding' ? ['Role', 'ClusterRole'] : ['ClusterRole'];
  if (asString(role['name']) === '') errors.push(required('roleRef.name'));
  if (!kinds.includes(asString(role['kind']))) errors.push(notSupported('roleRef.kind', asString(role['kind']), kinds));
  if (role['apiGroup'] !== undefined && role['apiGroup'] !== 'rbac.authorization.k8s.io') {
    errors.push(notSupported('roleRef.apiGroup', role['apiGroup'], ['rbac.authorization.k8s.io']));
  }
  asArray(object['subjects']).forEach((entry, i) => {
    const subject = asObject(entry);
    const at = `subjects[${i}]`;
    if (asString(subject['name']) === '') errors.push(required(`${at}.name`));
    if (subject['kind'] === 'ServiceAccount') {
      if (asString(subject['namespace']) === '') errors.push(required(`${at}.namespace`));
    } else if (subject['kind'] !== 'User' && subject['kind'] !== 'Group') {
      errors.push(notSupported(`${at}.kind`, asString(subject['kind']), ['ServiceAccount', 'User', 'Group']));
    }
  });
  if (old !== undefined && !equalJson(object['roleRef'], old['roleRef'])) {
    // Upstream prints its internal type here, whose fields have no JSON names.
    const shown = { APIGroup: asString(role['apiGroup']), Kind: asString(role['kind']), Name: asString(role['name']) };
    errors.push(invalidValue('roleRef', shown, 'cannot change roleRef'));
  }
  return errors;
};

const roles: Validation = (object) => {
  const errors: FieldError[] = [];
  asArray(object['rules']).forEach((entry, i) => {
    const rule = asObject(entry);
    const at = `rules[${i}]`;
    if (asArray(rule['verbs']).length === 0)
      errors.push(required(`${at}.verbs`, 'verbs must contain at least one value'));
    if (asArray(rule['nonResourceURLs']).length > 0) {
      if (object.kind === 'Role')
        errors.push(
          invalidValue(
            `${at}.nonResourceURLs`,
            rule['nonResourceURLs'],
            'namespaced rules cannot apply to non-resource URLs',
          ),
        );
      return;
    }
    if (asArray(rule['apiGroups']).length === 0)
      errors.push(required(`${at}.apiGroups`, 'resource rules must supply at least one api group'));
    if (asArray(rule['resources']).length === 0)
      errors.push(required(`${at}.resources`, 'resource rules must supply at least one resource'));
  });
  return errors;
};

const ingresses: Validation = (object) => {
  const spec = asObject(object['spec']);
  const errors: FieldError[] = [];
  const rules = asArray(spec['rules']);
  if (rules.length === 0 && spec['defaultBackend'] === undefined) {
    errors.push(invalidValue('spec', spec['rules'] ?? [], 'either `defaultBackend` or `rules` must be specified'));
  }
  rules.forEach((entry, i) => {
    const rule = asObject(entry);
    const host = asString(rule['host']);
    if (host !== '') {
      const name = host.startsWith('*.') ? host.slice(2) : host;
      for (const text of checkSubdomain(name)) errors.push(invalidValue(`spec.rules[${i}].host`, host, text));
    }
    asArray(asObject(rule['http'])['paths']).forEach((item, j) => {
      const path = asObject(item);
      const at = `spec.rules[${i}].http.paths[${j}]`;
      const type = asString(path['pathType']);
      const text = asString(path['path']);
      if ((type === 'Exact' || type === 'Prefix') && !text.startsWith('/'))
        errors.push(invalidValue(`${at}.path`, text, 'must be an absolute path'));
      const backend = asObject(path['backend']);
      const service = backend['service'];
      if (isObject(service)) {
        if (asString(service['name']) === '') errors.push(required(`${at}.backend.service.name`));
        const port = asObject(service['port']);
        if (port['name'] === undefined && port['number'] === undefined) {
          errors.push(required(`${at}.backend`, 'port name or number is required'));
        }
      } else if (backend['resource'] === undefined)
        errors.push(required(`${at}.backend`, 'cannot set both resource and service backends'));
    });
  });
  return errors;
};

const autoscalers: Validation = (object) => {
  const spec = asObject(object['spec']);
  const errors: FieldError[] = [];
  const target = asObject(spec['scaleTargetRef']);
  for (const field of ['kind', 'name'])
    if (asString(target[field]) === '') errors.push(required(`spec.scaleTargetRef.${field}`));
  if (!asString(target['apiVersion']).includes('/') && target['kind'] !== 'ReplicationController') {
    const at = 'spec.scaleTargetRef.apiVersion';
    errors.push(invalidValue(at, asString(target['apiVersion']), 'apiVersion must specify API group'));
  }
  const max = asNumber(spec['maxReplicas']);
  if (max < 1) errors.push(invalidValue('spec.maxReplicas', max, 'must be greater than 0'));
  else if (max < asNumber(spec['minReplicas'], 1))
    errors.push(invalidValue('spec.maxReplicas', max, 'must be greater than or equal to `minReplicas`'));
  return errors;
};

const disruptionBudgets: Validation = (object) => {
  const spec = asObject(object['spec']);
  if (spec['minAvailable'] !== undefined && spec['maxUnavailable'] !== undefined) {
    return [invalidValue('spec', spec, 'minAvailable and maxUnavailable cannot be both set')];
  }
  return [];
};

const storageClasses: Validation = (object, old) => {
  const errors: FieldError[] = [];
  if (asString(object['provisioner']) === '') errors.push(required('provisioner'));
  if (old !== undefined) {
    const text = 'updates to parameters are forbidden.';
    if (!equalJson(object['parameters'] ?? {}, old['parameters'] ?? {}))
      errors.push(forbiddenField('parameters', text));
    if (object['provisioner'] !== old['provisioner'])
      errors.push(forbiddenField('provisioner', 'updates to provisioner are forbidden.'));
    if (object['reclaimPolicy'] !== old['reclaimPolicy'])
      errors.push(forbiddenField('reclaimPolicy', 'updates to reclaimPolicy are forbidden.'));
    if (object['volumeBindingMode'] !== old['volumeBindingMode'])
      errors.push(invalidValue('volumeBindingMode', object['volumeBindingMode'], IMMUTABLE));
  }
  return errors;
};

const priorityClasses: Validation = (object, old) => {
  if (old === undefined) return [];
  const errors: FieldError[] = [];
  if (object['value'] !== old['value']) errors.push(forbiddenField('value', 'may not be changed in an update.'));
  if (object['preemptionPolicy'] !== old['preemptionPolicy'])
    errors.push(invalidValue('preemptionPolicy', object['preemptionPolicy'], IMMUTABLE));
  return errors;
};

const leases: Validation = (object) => {
  const spec = asObject(object['spec']);
  const errors: FieldError[] = [];
  if (typeof spec['leaseDurationSeconds'] === 'number' && spec['leaseDurationSeconds'] <= 0) {
    errors.push(invalidValue('spec.leaseDurationSeconds', spec['leaseDurationSeconds'], 'must be greater than 0'));
  }
  if (spec['holderIdentity'] === '') errors.push(invalidValue('spec.holderIdentity', '', 'must not be empty'));
  return errors;
};

const events: Validation = (object) => {
  const { namespace = '' } = object.metadata;
  const involved = asObject(object['involvedObject'] ?? object['regarding']);
  const of = asString(involved['namespace']);
  const field = object['regarding'] === undefined ? 'involvedObject.namespace' : 'regarding.namespace';
  if (of === '') {
    return namespace === 'default' || namespace === 'kube-system'
      ? []
      : [invalidValue(field, '', 'does not match event.namespace')];
  }
  return of === namespace ? [] : [invalidValue(field, of, 'does not match event.namespace')];
};

export const builtinValidation: ReadonlyMap<string, Validation> = new Map<string, Validation>([
  ['/configmaps', configMaps],
  ['/events', events],
  ['/persistentvolumeclaims', claims],
  ['/pods', pods],
  ['/secrets', secrets],
  ['/services', services],
  ['apiextensions.k8s.io/customresourcedefinitions', validateDefinition],
  ['apps/daemonsets', (object, old) => workload(object, old, true)],
  ['apps/deployments', deployments],
  ['apps/replicasets', (object, old) => workload(object, old, true)],
  ['apps/statefulsets', statefulSets],
  ['autoscaling/horizontalpodautoscalers', autoscalers],
  ['batch/cronjobs', cronJobs],
  ['batch/jobs', jobs],
  ['coordination.k8s.io/leases', leases],
  ['events.k8s.io/events', events],
  ['networking.k8s.io/ingresses', ingresses],
  ['policy/poddisruptionbudgets', disruptionBudgets],
  ['rbac.authorization.k8s.io/clusterrolebindings', bindings],
  ['rbac.authorization.k8s.io/clusterroles', roles],
  ['rbac.authorization.k8s.io/rolebindings', bindings],
  ['rbac.authorization.k8s.io/roles', roles],
  ['scheduling.k8s.io/priorityclasses', priorityClasses],
  ['storage.k8s.io/storageclasses', storageClasses],
]);
