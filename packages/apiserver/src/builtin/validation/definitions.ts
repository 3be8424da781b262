import type { FieldError, JsonSchema } from '@fluvial/schema';
import { checkDefinition } from '@fluvial/schema';
import { duplicate, invalidValue, notSupported, required, tooMany } from '../../field-errors.ts';
import { asArray, asObject, asString, equalJson, isObject } from '../../json.ts';
import { checkDns1035Label, checkSubdomain } from '../../rest/names.ts';
import type { JsonObject, KubeObject } from '../../types.ts';

/** Rules of CustomResourceDefinitions (apiextensions v1), in upstream's order. */
export function validateDefinition(object: KubeObject, old: KubeObject | undefined): FieldError[] {
  const spec = asObject(object['spec']);
  const names = asObject(spec['names']);
  const errors: FieldError[] = [];
  if (old === undefined && object.metadata.name !== `${asString(names['plural'])}.${asString(spec['group'])}`) {
    errors.push(invalidValue('metadata.name', object.metadata.name, `must be spec.names.plural+"."+spec.group`));
  }
  errors.push(...validateSpec(spec, names));
  if (old !== undefined) errors.push(...validateChange(spec, names, old));
  errors.push(
    ...validateStoredVersions(asArray(asObject(object['status'])['storedVersions']).map(asString), versionsOf(spec)),
    ...validateApproval(object, old),
  );
  if (spec['preserveUnknownFields'] === true && asObject(old?.['spec'])['preserveUnknownFields'] !== true) {
    const why =
      'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead';
    errors.push(invalidValue('spec.preserveUnknownFields', true, why));
  }
  return errors;
}

function versionsOf(spec: JsonObject): JsonObject[] {
  return asArray(spec['versions']).map(asObject);
}

function validateSpec(spec: JsonObject, names: JsonObject): FieldError[] {
  const errors: FieldError[] = [];
  const group = asString(spec['group']);
  const subdomain = checkSubdomain(group);
  if (group === '') errors.push(required('spec.group'));
  else if (subdomain.length > 0) errors.push(invalidValue('spec.group', group, subdomain.join(',')));
  else if (!group.includes('.'))
    errors.push(invalidValue('spec.group', group, 'should be a domain with at least one dot'));
  const scope = asString(spec['scope']);
  if (scope === '') errors.push(required('spec.scope'));
  else if (scope !== 'Cluster' && scope !== 'Namespaced')
    errors.push(notSupported('spec.scope', scope, ['Cluster', 'Namespaced']));

  const versions = versionsOf(spec);
  const shared = sharedParts(versions);
  if (!hasSchema(shared)) {
    versions.forEach((version, i) => {
      if (!hasSchema(version)) errors.push(required(`spec.versions[${i}].schema.openAPIV3Schema`));
    });
  }
  const first = asString(versions[0]?.['name']);
  const seen = new Set<string>();
  versions.forEach((version, i) => {
    const name = asString(version['name']);
    seen.add(name);
    const texts = checkDns1035Label(name);
    if (texts.length > 0) errors.push(invalidValue(`spec.versions[${i}].name`, name, texts.join(',')));
    errors.push(...validateWarning(version, `spec.versions[${i}].deprecationWarning`));
    const own = ownParts(version, shared);
    errors.push(...validateParts(own, `spec.versions[${i}]`, `spec.versions[${i}].schema`));
  });
  const shown = versions.map((version) => internalVersion(version, shared));
  if (seen.size < versions.length)
    errors.push(invalidValue('spec.versions', shown, 'must contain unique version names'));
  if (versions.filter((version) => version['storage'] === true).length !== 1)
    errors.push(invalidValue('spec.versions', shown, 'must have exactly one version marked as storage version'));
  // The first one is also the version of definitions that had only one.
  if (first !== '') {
    const texts = checkDns1035Label(first);
    if (texts.length > 0) errors.push(invalidValue('spec.version', first, texts.join(',')));
  }
  errors.push(...validateNames(names));
  errors.push(...validateParts(shared, 'spec', 'spec.validation'));
  errors.push(...validateConversion(asObject(spec['conversion'])));
  return errors;
}

const NAMES = ['plural', 'singular', 'kind', 'listKind'] as const;

function validateNames(names: JsonObject): FieldError[] {
  const errors: FieldError[] = [];
  for (const field of NAMES) if (asString(names[field]) === '') errors.push(required(`spec.names.${field}`));
  for (const field of NAMES) {
    const value = asString(names[field]);
    const mixed = field === 'kind' || field === 'listKind';
    const texts = checkDns1035Label(mixed ? value.toLowerCase() : value);
    if (value === '' || texts.length === 0) continue;
    const why = mixed ? `may have mixed case, but should otherwise match: ${texts.join(',')}` : texts.join(',');
    errors.push(invalidValue(`spec.names.${field}`, value, why));
  }
  const labels = (field: string): void => {
    asArray(names[field]).forEach((value, i) => {
      const texts = checkDns1035Label(asString(value));
      if (texts.length > 0) errors.push(invalidValue(`spec.names.${field}[${i}]`, value, texts.join(',')));
    });
  };
  labels('shortNames');
  const listKind = asString(names['listKind']);
  if (listKind !== '' && listKind === names['kind'])
    errors.push(invalidValue('spec.names.listKind', listKind, 'kind and listKind may not be the same'));
  labels('categories');
  return errors;
}

const PARTS = ['schema', 'subresources', 'additionalPrinterColumns', 'selectableFields'] as const;

type Parts = Partial<Record<(typeof PARTS)[number], unknown>>;

/** What all versions say alike is checked once, at the place that it had before there were several versions. */
function sharedParts(versions: readonly JsonObject[]): Parts {
  const [first, ...others] = versions;
  const shared: Parts = {};
  if (first === undefined) return shared;
  for (const part of PARTS)
    if (others.every((version) => equalJson(version[part] ?? null, first[part] ?? null))) shared[part] = first[part];
  return shared;
}

function ownParts(version: JsonObject, shared: Parts): Parts {
  const own: Parts = {};
  for (const part of PARTS) if (!(part in shared)) own[part] = version[part];
  return own;
}

function hasSchema(parts: Parts): boolean {
  return isObject(asObject(parts.schema)['openAPIV3Schema']);
}

function validateParts(parts: Parts, at: string, schemaAt: string): FieldError[] {
  const errors: FieldError[] = [];
  const schema = asObject(parts.schema)['openAPIV3Schema'];
  if (isObject(schema)) errors.push(...checkDefinition(schema as JsonSchema, `${schemaAt}.openAPIV3Schema`));
  errors.push(...validateScale(asObject(parts.subresources)['scale'], `${at}.subresources.scale`));
  asArray(parts.additionalPrinterColumns).forEach((column, i) => {
    errors.push(...validateColumn(asObject(column), `${at}.additionalPrinterColumns[${i}]`));
  });
  const selectable = asArray(parts.selectableFields).map((entry) => asString(asObject(entry)['jsonPath']));
  if (isObject(schema)) errors.push(...validateSelectable(selectable, schema, `${at}.selectableFields`));
  return errors;
}

/** A version as upstream holds it: what all versions share has gone to the definition itself. */
function internalVersion(version: JsonObject, shared: Parts): JsonObject {
  const own = ownParts(version, shared);
  return {
    Name: version['name'],
    Served: version['served'] === true,
    Storage: version['storage'] === true,
    Deprecated: version['deprecated'] === true,
    DeprecationWarning: version['deprecationWarning'] ?? null,
    Schema: own.schema ?? null,
    Subresources: own.subresources ?? null,
    AdditionalPrinterColumns: own.additionalPrinterColumns ?? null,
    SelectableFields: own.selectableFields ?? null,
  };
}

function validateWarning(version: JsonObject, at: string): FieldError[] {
  const text = version['deprecationWarning'];
  if (typeof text !== 'string') return [];
  if (version['deprecated'] !== true) return [invalidValue(at, text, 'can only be set for deprecated versions')];
  const errors: FieldError[] = [];
  if (Buffer.byteLength(text) > 256) errors.push(invalidValue(at, text, 'must be <= 256 characters long'));
  if (text === '') errors.push(invalidValue(at, text, 'must not be an empty string'));
  const index = text.search(/\p{C}|\p{Zl}|\p{Zp}|(?! )\p{Zs}/u);
  if (index >= 0) {
    const bytes = Buffer.byteLength(text.slice(0, index));
    const why = `must only contain printable UTF-8 characters; non-printable character found at index ${bytes}`;
    errors.push(invalidValue(at, text, why));
  }
  return errors;
}

/** Where the scale subresource reads and writes. */
function validateScale(scale: unknown, at: string): FieldError[] {
  if (!isObject(scale)) return [];
  const errors: FieldError[] = [];
  const check = (field: string, roots: readonly string[], where: string): void => {
    const value = asString(scale[field]);
    const path = `${at}.${field}`;
    if (!value.startsWith('.')) errors.push(invalidValue(path, value, 'must be a simple json path starting with .'));
    else if (!roots.some((root) => value.startsWith(root)))
      errors.push(invalidValue(path, value, `should be a json path under ${where}`));
  };
  for (const [field, root] of [
    ['specReplicasPath', '.spec'],
    ['statusReplicasPath', '.status'],
  ] as const) {
    if (asString(scale[field]) === '') errors.push(required(`${at}.${field}`));
    else check(field, [`${root}.`], root);
  }
  if (asString(scale['labelSelectorPath']) !== '')
    check('labelSelectorPath', ['.spec.', '.status.'], 'either .spec or .status');
  return errors;
}

const COLUMN_TYPES = ['boolean', 'date', 'integer', 'number', 'string'];
const COLUMN_FORMATS = ['byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'password'];

function validateColumn(column: JsonObject, at: string): FieldError[] {
  const errors: FieldError[] = [];
  const { name, type, format, jsonPath } = column;
  if (asString(name) === '') errors.push(required(`${at}.name`));
  if (asString(type) === '') errors.push(required(`${at}.type`, `must be one of ${COLUMN_TYPES.join(',')}`));
  else if (!COLUMN_TYPES.includes(asString(type)))
    errors.push(invalidValue(`${at}.type`, type, `must be one of ${COLUMN_TYPES.join(',')}`));
  if (asString(format) !== '' && !COLUMN_FORMATS.includes(asString(format)))
    errors.push(invalidValue(`${at}.format`, format, `must be one of ${COLUMN_FORMATS.join(',')}`));
  if (asString(jsonPath) === '') errors.push(required(`${at}.JSONPath`));
  else if (!asString(jsonPath).startsWith('.'))
    errors.push(invalidValue(`${at}.JSONPath`, jsonPath, 'must be a simple json path starting with .'));
  return errors;
}

const MAX_SELECTABLE = 8;
const SELECTABLE_TYPES: readonly unknown[] = ['string', 'boolean', 'integer'];

function validateSelectable(paths: readonly string[], schema: JsonObject, at: string): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  paths.forEach((path, i) => {
    const where = `${at}[${i}].jsonPath`;
    if (path === '') {
      errors.push(required(where));
      return;
    }
    const found = schemaAt(schema, path);
    if (typeof found === 'string') {
      errors.push(invalidValue(where, path, `is an invalid path: ${found}`));
      return;
    }
    if (path.startsWith('.metadata')) errors.push(invalidValue(where, path, 'must not point to fields in metadata'));
    if (!SELECTABLE_TYPES.includes(found['type'])) {
      const why =
        'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.';
      errors.push(invalidValue(where, path, why));
    }
    if (seen.has(path)) errors.push(duplicate(where, path));
    seen.add(path);
  });
  if (seen.size > MAX_SELECTABLE) errors.push(tooMany(at, seen.size, MAX_SELECTABLE));
  return errors;
}

/** The schema of the field that a path like `.spec.color` names, or why it names none. */
function schemaAt(schema: JsonObject, path: string): JsonObject | string {
  let current: JsonObject = schema;
  for (const name of path.replace(/^\./, '').split('.')) {
    const property = asObject(current['properties'])[name];
    if (!isObject(property)) return 'does not refer to a valid field';
    current = property;
  }
  return current;
}

function validateConversion({ strategy = 'None', webhook }: JsonObject): FieldError[] {
  if (strategy === 'None') return [];
  if (strategy === '') return [required('spec.conversion.strategy')];
  if (strategy !== 'Webhook') return [notSupported('spec.conversion.strategy', strategy, ['None', 'Webhook'])];
  const { clientConfig, conversionReviewVersions } = asObject(webhook);
  const errors: FieldError[] = [];
  if (clientConfig === undefined)
    errors.push(required('spec.conversion.webhookClientConfig', 'required when strategy is set to Webhook'));
  if (asArray(conversionReviewVersions).length === 0) errors.push(required('spec.conversion.conversionReviewVersions'));
  return errors;
}

/** What decides how its objects are stored stays. */
function validateChange(spec: JsonObject, names: JsonObject, old: KubeObject): FieldError[] {
  const before = asObject(old['spec']);
  const namesBefore = asObject(before['names']);
  const isEstablished = asArray(asObject(old['status'])['conditions']).some(
    (entry) => asObject(entry)['type'] === 'Established' && asObject(entry)['status'] === 'True',
  );
  const errors: FieldError[] = [];
  const keep = (field: string, was: unknown, is: unknown): void => {
    if (was !== is) errors.push(invalidValue(field, is, 'field is immutable'));
  };
  if (isEstablished) {
    keep('spec.scope', before['scope'], spec['scope']);
    keep('spec.names.kind', namesBefore['kind'], names['kind']);
  }
  keep('spec.group', before['group'], spec['group']);
  keep('spec.names.plural', namesBefore['plural'], names['plural']);
  return errors;
}

function validateStoredVersions(stored: readonly string[], versions: readonly JsonObject[]): FieldError[] {
  const at = 'status.storedVersions';
  if (stored.length === 0) return [invalidValue(at, null, 'must have at least one stored version')];
  const errors: FieldError[] = [];
  const unknown = new Set(stored);
  for (const version of versions) {
    const name = asString(version['name']);
    // A name that stands there twice is looked up twice: the second time it has been crossed out.
    if (version['storage'] === true && !unknown.has(name))
      errors.push(invalidValue(at, stored, `must have the storage version ${name}`));
    unknown.delete(name);
  }
  stored.forEach((name, i) => {
    if (!unknown.has(name)) return;
    const why =
      `missing from spec.versions; ${name} was previously a storage version, and must remain in spec.versions until ` +
      `a storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`;
    errors.push(invalidValue(`${at}[${i}]`, name, why));
  });
  return errors;
}

const APPROVED = 'api-approved.kubernetes.io';

/** Groups of Kubernetes' own domains need an approval, or a word on why there is none. */
function validateApproval(object: KubeObject, old: KubeObject | undefined): FieldError[] {
  if (!/(^|\.)(k8s|kubernetes)\.io$/.test(asString(asObject(object['spec'])['group']))) return [];
  const approval = object.metadata.annotations?.[APPROVED] ?? '';
  const state = approvalState(approval);
  if (state === 'fine' || (old !== undefined && approvalState(old.metadata.annotations?.[APPROVED] ?? '') === state))
    return [];
  const at = `metadata.annotations[${APPROVED}]`;
  const see = 'see https://github.com/kubernetes/enhancements/pull/1111';
  const must = `protected groups must have approval annotation "${APPROVED}"`;
  if (state === 'missing') return [required(at, `${must}, ${see}`)];
  const how = 'with either a URL or a reason starting with "unapproved"';
  return [invalidValue(at, approval, `${must} ${how}, ${see}`)];
}

function approvalState(approval: string): 'missing' | 'fine' | 'wrong' {
  if (approval === '') return 'missing';
  return approval.startsWith('unapproved') || /^[a-z][a-z\d+.-]*:\/\/[^/?#\s]+/i.test(approval) ? 'fine' : 'wrong';
}
