import { asObject, isObject } from '../../json.ts';
import { type Defaults, objectsOf, set, specOf } from './set.ts';

export const webhooks: Defaults = (object) => {
  for (const webhook of objectsOf(object['webhooks'])) {
    set(webhook, 'failurePolicy', 'Fail');
    set(webhook, 'matchPolicy', 'Equivalent');
    set(webhook, 'namespaceSelector', {});
    set(webhook, 'objectSelector', {});
    if (object.kind === 'MutatingWebhookConfiguration') set(webhook, 'reinvocationPolicy', 'Never');
    set(webhook, 'timeoutSeconds', 10);
    for (const rule of objectsOf(webhook['rules'])) set(rule, 'scope', '*');
    const service = asObject(webhook['clientConfig'])['service'];
    if (isObject(service)) set(service, 'port', 443);
  }
};

export const admissionPolicies: Defaults = (object) => {
  const spec = specOf(object);
  set(spec, 'failurePolicy', 'Fail');
  defaultMatch(spec['matchConstraints']);
};

export const policyBindings: Defaults = (object) => {
  const spec = specOf(object);
  defaultMatch(spec['matchResources']);
};

function defaultMatch(match: unknown): void {
  if (!isObject(match)) return;
  set(match, 'matchPolicy', 'Equivalent');
  set(match, 'namespaceSelector', {});
  set(match, 'objectSelector', {});
  for (const field of ['resourceRules', 'excludeResourceRules'])
    for (const rule of objectsOf(match[field])) set(rule, 'scope', '*');
}

export const definitions: Defaults = (object) => {
  const spec = specOf(object);
  if (!isObject(spec['conversion'])) spec['conversion'] = { strategy: 'None' };
  const conversion = asObject(spec['conversion']);
  set(conversion, 'strategy', 'None');
  const names = asObject(spec['names']);
  const kind = typeof names['kind'] === 'string' ? names['kind'] : '';
  if (kind !== '') {
    if (names['singular'] === undefined || names['singular'] === '') names['singular'] = kind.toLowerCase();
    if (names['listKind'] === undefined || names['listKind'] === '') names['listKind'] = `${kind}List`;
  }
};

export const apiServices: Defaults = (object) => {
  const service = asObject(object['spec'])['service'];
  if (isObject(service)) set(service, 'port', 443);
};
