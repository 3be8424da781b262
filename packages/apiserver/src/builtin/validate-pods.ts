import type { FieldError } from '@fluvial/schema';
import { duplicate, invalidValue, notFoundValue, notSupported, required } from '../field-errors.ts';
import { asArray, asNumber, asObject, asString } from '../json.ts';
import { checkLabel, checkLabelValue, checkQualifiedName } from '../rest/names.ts';
import type { JsonObject } from '../types.ts';

/** The template of a workload. `policies`: restart policies that it may have. */
export function validatePodTemplate(
  template: JsonObject,
  path: string,
  policies: readonly string[] | undefined,
): FieldError[] {
  const errors: FieldError[] = [];
  const meta = asObject(template['metadata']);
  for (const [key, value] of Object.entries(asObject(meta['labels']))) {
    for (const text of checkQualifiedName(key)) errors.push(invalidValue(`${path}.labels`, key, text));
    for (const text of checkLabelValue(asString(value))) errors.push(invalidValue(`${path}.labels`, value, text));
  }
  return [...errors, ...validatePodSpec(asObject(template['spec']), `${path}.spec`, policies)];
}

export function validatePodSpec(spec: JsonObject, path: string, policies: readonly string[] | undefined): FieldError[] {
  const errors: FieldError[] = [];
  const volumes = new Set<string>();
  asArray(spec['volumes']).forEach((entry, i) => {
    const volume = asObject(entry);
    const name = asString(volume['name']);
    const at = `${path}.volumes[${i}]`;
    if (name === '') errors.push(required(`${at}.name`));
    else {
      for (const text of checkLabel(name)) errors.push(invalidValue(`${at}.name`, name, text));
      if (volumes.has(name)) errors.push(duplicate(`${at}.name`, name));
      volumes.add(name);
    }
    const sources = Object.keys(volume).filter((key) => key !== 'name');
    for (const extra of sources.slice(1)) {
      errors.push({
        reason: 'FieldValueForbidden',
        field: `${at}.${extra}`,
        message: 'Forbidden: may not specify more than 1 volume type',
      });
    }
    const configMap = volume['configMap'];
    if (configMap !== undefined && asString(asObject(configMap)['name']) === '')
      errors.push(required(`${at}.configMap.name`));
    const secret = volume['secret'];
    if (secret !== undefined && asString(asObject(secret)['secretName']) === '')
      errors.push(required(`${at}.secret.secretName`));
  });
  const containers = asArray(spec['containers']);
  if (containers.length === 0) errors.push(required(`${path}.containers`));
  const names = new Set<string>();
  containers.forEach((entry, i) => {
    errors.push(...validateContainer(asObject(entry), `${path}.containers[${i}]`, volumes, names));
  });
  asArray(spec['initContainers']).forEach((entry, i) => {
    errors.push(...validateContainer(asObject(entry), `${path}.initContainers[${i}]`, volumes, names));
  });
  const policy = asString(spec['restartPolicy']);
  if (policies !== undefined && policy !== '' && !policies.includes(policy))
    errors.push(notSupported(`${path}.restartPolicy`, policy, policies));
  const grace = spec['terminationGracePeriodSeconds'];
  if (typeof grace === 'number' && grace < 0) {
    errors.push(invalidValue(`${path}.terminationGracePeriodSeconds`, grace, 'must be greater than or equal to 0'));
  }
  return errors;
}

function validateContainer(
  container: JsonObject,
  path: string,
  volumes: ReadonlySet<string>,
  names: Set<string>,
): FieldError[] {
  const errors: FieldError[] = [];
  const name = asString(container['name']);
  if (name === '') errors.push(required(`${path}.name`));
  else {
    for (const text of checkLabel(name)) errors.push(invalidValue(`${path}.name`, name, text));
    if (names.has(name)) errors.push(duplicate(`${path}.name`, name));
    names.add(name);
  }
  const image = asString(container['image']);
  if (image === '') errors.push(required(`${path}.image`));
  else if (image !== image.trim())
    errors.push(invalidValue(`${path}.image`, image, 'must not have leading or trailing whitespace'));
  const ports = new Set<string>();
  asArray(container['ports']).forEach((entry, i) => {
    const port = asObject(entry);
    const at = `${path}.ports[${i}]`;
    const portName = asString(port['name']);
    if (portName !== '') {
      if (portName.length > 15) errors.push(invalidValue(`${at}.name`, portName, 'must be no more than 15 characters'));
      if (ports.has(portName)) errors.push(duplicate(`${at}.name`, portName));
      ports.add(portName);
    }
    const number = asNumber(port['containerPort']);
    if (number === 0) errors.push(required(`${at}.containerPort`));
    else if (number < 1 || number > 65535)
      errors.push(invalidValue(`${at}.containerPort`, number, 'must be between 1 and 65535, inclusive'));
  });
  asArray(container['env']).forEach((entry, i) => {
    const variable = asObject(entry);
    const at = `${path}.env[${i}]`;
    const key = asString(variable['name']);
    if (key === '') errors.push(required(`${at}.name`));
    if (variable['valueFrom'] !== undefined && asString(variable['value']) !== '') {
      errors.push(invalidValue(`${at}.valueFrom`, '', 'may not be specified when `value` is not empty'));
    }
  });
  const mounts = new Set<string>();
  asArray(container['volumeMounts']).forEach((entry, i) => {
    const mount = asObject(entry);
    const at = `${path}.volumeMounts[${i}]`;
    const volume = asString(mount['name']);
    if (volume === '') errors.push(required(`${at}.name`));
    else if (!volumes.has(volume)) errors.push(notFoundValue(`${at}.name`, volume));
    const where = asString(mount['mountPath']);
    if (where === '') errors.push(required(`${at}.mountPath`));
    else if (mounts.has(where)) errors.push(invalidValue(`${at}.mountPath`, where, 'must be unique'));
    mounts.add(where);
  });
  const resources = asObject(container['resources']);
  const limits = asObject(resources['limits']);
  for (const [resource, value] of Object.entries(asObject(resources['requests']))) {
    const limit = limits[resource];
    if (limit !== undefined && quantity(asString(value)) > quantity(asString(limit))) {
      errors.push(
        invalidValue(
          `${path}.resources.requests`,
          value,
          `must be less than or equal to ${resource} limit of ${asString(limit)}`,
        ),
      );
    }
  }
  return errors;
}

const SUFFIX: { readonly [name: string]: number } = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

function quantity(text: string): number {
  const match = /^([+-]?[0-9.]+)([a-zA-Z]*)$/.exec(text);
  return match === null ? Number(text) : Number(match[1]) * (SUFFIX[match[2]!] ?? 1);
}
