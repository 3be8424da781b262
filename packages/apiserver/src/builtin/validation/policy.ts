import type { FieldError } from '@fluvial/schema';
import { duplicate, forbiddenField, invalidValue, notSupported, required } from '../../field-errors.ts';
import { asArray, asNumber, asObject, asString } from '../../json.ts';
import { checkQualifiedName } from '../../rest/names.ts';
import type { JsonObject } from '../../types.ts';
import { isWhole, nanoOf } from './quantities.ts';
import { COUNTED, checkContainerResourceName, checkResourceName, LIMITED } from './resources.ts';
import { checkAtMostAll, checkCountOrPercent, checkSelector, each, IMMUTABLE, type Validation } from './rules.ts';

export const disruptionBudgets: Validation = (object) => {
  const spec = asObject(object['spec']);
  const errors: FieldError[] = [];
  const { minAvailable, maxUnavailable, selector } = spec;
  if (minAvailable !== undefined && maxUnavailable !== undefined) {
    const shown = {
      MinAvailable: minAvailable,
      Selector: selector ?? null,
      MaxUnavailable: maxUnavailable,
      UnhealthyPodEvictionPolicy: spec['unhealthyPodEvictionPolicy'] ?? null,
    };
    errors.push(invalidValue('spec', shown, 'minAvailable and maxUnavailable cannot be both set'));
  }
  for (const field of ['minAvailable', 'maxUnavailable'])
    errors.push(...checkCountOrPercent(spec[field], `spec.${field}`), ...checkAtMostAll(spec[field], `spec.${field}`));
  const policy = spec['unhealthyPodEvictionPolicy'];
  const policies = ['AlwaysAllow', 'IfHealthyBudget'];
  if (policy !== undefined && !policies.includes(asString(policy)))
    errors.push(notSupported('spec.unhealthyPodEvictionPolicy', policy, policies));
  return [...errors, ...checkSelector(selector, 'spec.selector')];
};

const SCOPES = new Set([
  'Terminating',
  'NotTerminating',
  'BestEffort',
  'NotBestEffort',
  'PriorityClass',
  'CrossNamespacePodAffinity',
  'VolumeAttributesClass',
]);

const OPPOSITES = [
  ['BestEffort', 'NotBestEffort'],
  ['Terminating', 'NotTerminating'],
];

/** Scopes are about pods, all but one of which see what they ask for, or about claims. */
function appliesTo(scope: string, resource: string): boolean {
  if (scope === 'VolumeAttributesClass')
    return resource === 'persistentvolumeclaims' || resource.endsWith('requests.storage');
  if (resource === 'pods') return true;
  return scope !== 'BestEffort' && /^((requests|limits)\.)?(cpu|memory)$/.test(resource);
}

export const quotas: Validation = (object, old) => {
  const spec = asObject(object['spec']);
  const errors: FieldError[] = [];
  for (const [name, value] of Object.entries(asObject(spec['hard'])).sort(([a], [b]) => (a < b ? -1 : 1))) {
    const at = `spec.hard[${name}]`;
    const wrong = each(at, name, checkQualifiedName(name));
    errors.push(...wrong);
    if (wrong.length === 0 && !name.includes('/') && !LIMITED.has(name)) {
      errors.push(invalidValue(at, name, 'must be a standard resource type or fully qualified'));
      errors.push(invalidValue(at, name, 'must be a standard resource for quota'));
    }
    if (nanoOf(value) < 0n) errors.push(invalidValue(at, value, 'must be greater than or equal to 0'));
    if (COUNTED.has(name) && !isWhole(value)) errors.push(invalidValue(at, value, 'must be an integer'));
  }
  const scopes = asArray(spec['scopes']);
  if (scopes.some((scope) => !SCOPES.has(asString(scope))))
    errors.push(invalidValue('spec.scopes', scopes, 'unsupported scope'));
  for (const name of Object.keys(asObject(spec['hard'])))
    if (LIMITED.has(name) && scopes.some((scope) => SCOPES.has(asString(scope)) && !appliesTo(asString(scope), name)))
      errors.push(invalidValue('spec.scopes', scopes, 'unsupported scope applied to resource'));
  for (const pair of OPPOSITES)
    if (pair.every((scope) => scopes.includes(scope)))
      errors.push(invalidValue('spec.scopes', scopes, 'conflicting scopes'));
  if (old !== undefined) {
    const before = asArray(asObject(old['spec'])['scopes']);
    if (scopes.length !== before.length || scopes.some((scope) => !before.includes(scope)))
      errors.push(invalidValue('spec.scopes', scopes.length === 0 ? null : scopes, IMMUTABLE));
  }
  return errors;
};

const LIMIT_TYPES = ['Pod', 'Container', 'PersistentVolumeClaim'];

export const limitRanges: Validation = (object) => {
  const errors: FieldError[] = [];
  const types = new Set<string>();
  asArray(asObject(object['spec'])['limits']).forEach((entry, i) => {
    const limit = asObject(entry);
    const at = `spec.limits[${i}]`;
    const type = asString(limit['type']);
    const wrong = each(`${at}.type`, type, checkQualifiedName(type));
    errors.push(...wrong);
    if (wrong.length === 0 && !type.includes('/') && !LIMIT_TYPES.includes(type))
      errors.push(invalidValue(`${at}.type`, type, 'must be a standard limit type or fully qualified'));
    if (types.has(type)) errors.push(duplicate(`${at}.type`, type));
    types.add(type);
    errors.push(...checkLimit(limit, type, at));
  });
  return errors;
};

const AMOUNTS = ['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio'];

function checkLimit(limit: JsonObject, type: string, at: string): FieldError[] {
  const rule = type === 'Pod' || type === 'Container' ? checkContainerResourceName : checkResourceName;
  const errors: FieldError[] = [];
  const names = new Set<string>();
  const used: { [field: string]: JsonObject } = {};
  for (const field of AMOUNTS) {
    if (field === 'maxLimitRequestRatio' && type === 'PersistentVolumeClaim' && !hasStorage(limit))
      errors.push(
        required(`${at}.limits`, 'either minimum or maximum storage value is required, but neither was provided'),
      );
    const amounts = asObject(limit[field]);
    if (type === 'Pod' && field.startsWith('default')) {
      if (Object.keys(amounts).length > 0)
        errors.push(forbiddenField(`${at}.${field}`, "may not be specified when `type` is 'Pod'"));
      continue;
    }
    used[field] = amounts;
    for (const name of Object.keys(amounts).sort()) {
      errors.push(...rule(name, `${at}.${field}[${name}]`));
      names.add(name);
    }
  }
  for (const name of [...names].sort()) errors.push(...checkRelations(used, name, at));
  return errors;
}

function hasStorage(limit: JsonObject): boolean {
  return ['min', 'max'].some((field) => asObject(limit[field])['storage'] !== undefined);
}

/** What is said about one resource fits together. */
function checkRelations(used: { [field: string]: JsonObject }, name: string, at: string): FieldError[] {
  const errors: FieldError[] = [];
  const [hi, lo, def, req, ratio] = AMOUNTS.map((field) => used[field]?.[name]);
  const exceeds = (a: unknown, b: unknown) => a !== undefined && b !== undefined && nanoOf(a) > nanoOf(b);
  const rule = (field: string, value: unknown, text: string) =>
    errors.push(invalidValue(`${at}.${field}[${name}]`, value, text));
  if (exceeds(lo, hi)) rule('min', lo, `min value ${lo} is greater than max value ${hi}`);
  if (exceeds(lo, req)) rule('defaultRequest', req, `min value ${lo} is greater than default request value ${req}`);
  if (exceeds(req, hi)) rule('defaultRequest', req, `default request value ${req} is greater than max value ${hi}`);
  if (exceeds(req, def))
    rule('defaultRequest', req, `default request value ${req} is greater than default limit value ${def}`);
  // Upstream shows the other one in these two.
  if (exceeds(lo, def)) rule('default', lo, `min value ${lo} is greater than default value ${def}`);
  if (exceeds(def, hi)) rule('default', hi, `default value ${def} is greater than max value ${hi}`);
  if (ratio === undefined) return errors;
  if (nanoOf(ratio) < 10n ** 9n) rule('maxLimitRequestRatio', ratio, `ratio ${ratio} is less than 1`);
  const most = Number(nanoOf(hi)) / Number(nanoOf(lo));
  if (hi !== undefined && lo !== undefined && Number(nanoOf(ratio)) / 1e9 > most)
    rule('maxLimitRequestRatio', ratio, `ratio ${ratio} is greater than max/min = ${most.toFixed(6)}`);
  return errors;
}

const HIGHEST = 1_000_000_000;

export const priorityClasses: Validation = (object, old) => {
  const errors: FieldError[] = [];
  const name = asString(object.metadata.name);
  const known = name === 'system-node-critical' || name === 'system-cluster-critical';
  if (name.startsWith('system-') && !known)
    errors.push(
      forbiddenField(
        'metadata.name',
        `priority class names with 'system-' prefix are reserved for system use only. error: ${name} is not a known system priority class`,
      ),
    );
  else if (!known && asNumber(object['value']) > HIGHEST)
    errors.push(forbiddenField('value', `maximum allowed value of a user defined priority is ${HIGHEST}`));
  const policy = object['preemptionPolicy'];
  if (policy !== 'PreemptLowerPriority' && policy !== 'Never')
    errors.push(notSupported('preemptionPolicy', policy, ['PreemptLowerPriority', 'Never']));
  if (old === undefined) return errors;
  if (object['value'] !== old['value']) errors.push(forbiddenField('value', 'may not be changed in an update.'));
  if (policy !== old['preemptionPolicy']) errors.push(invalidValue('preemptionPolicy', policy, IMMUTABLE));
  return errors;
};
