import type { CelType } from '@fluvial/cel';
import type { FieldError } from '@fluvial/schema';
import { duplicate, invalidValue, notSupported, required, tooMany } from '../../field-errors.ts';
import { asArray, asNumber, asObject, asString, isObject } from '../../json.ts';
import { admissionVariables, expressionProblem } from '../../policies/policy-types.ts';
import { checkDns1035Label, checkQualifiedName, checkSubdomain } from '../../rest/names.ts';
import type { JsonObject } from '../../types.ts';
import { checkAdmissionRule, FAILURE_POLICIES, MATCH_POLICIES, REINVOCATION_POLICIES } from './admission-rules.ts';
import { checkChoice, checkNeededName, checkSelector, checkTexts, each, type Validation } from './rules.ts';

/** Configurations of mutating and validating webhooks. */
export const webhookConfigurations: Validation = (object, old) => {
  const hooks = asArray(object['webhooks']).map(asObject);
  // What was already so may stay.
  const before = asArray(old?.['webhooks']).map(asObject);
  const hadEffects = before.some((hook) => !NO_EFFECTS.includes(asString(hook['sideEffects'])));
  const knew = before.every((hook) => knowsVersion(hook) || asArray(hook['admissionReviewVersions']).length === 0);
  const names = new Set<string>();
  return hooks.flatMap((hook, i) => {
    const at = `webhooks[${i}]`;
    const name = asString(hook['name']);
    const isKnown = name !== '' && names.has(name);
    names.add(name);
    return [
      ...checkWebhook(hook, at, hadEffects ? ALL_EFFECTS : NO_EFFECTS),
      ...checkReviewVersions(hook, `${at}.admissionReviewVersions`, knew),
      ...(isKnown ? [duplicate(`${at}.name`, name)] : []),
    ];
  });
};

const NO_EFFECTS = ['None', 'NoneOnDryRun'];
const ALL_EFFECTS = ['None', 'NoneOnDryRun', 'Some', 'Unknown'];
const REVIEW_VERSIONS = ['v1', 'v1beta1'];

/** `a.example.org`: three parts at least. */
export function checkFullName(value: unknown, path: string): FieldError[] {
  const name = asString(value);
  if (name === '') return [required(path)];
  const texts = checkSubdomain(name);
  if (texts.length > 0) return [invalidValue(path, name, texts.join(','))];
  return name.split('.').length < 3
    ? [invalidValue(path, name, 'should be a domain with at least three segments separated by dots')]
    : [];
}

function checkWebhook(hook: JsonObject, path: string, effects: readonly string[]): FieldError[] {
  const errors = checkFullName(hook['name'], `${path}.name`);
  asArray(hook['rules']).forEach((rule, i) => {
    errors.push(...checkAdmissionRule(asObject(rule), `${path}.rules[${i}]`));
  });
  errors.push(
    ...checkChoice(hook['failurePolicy'], `${path}.failurePolicy`, FAILURE_POLICIES),
    ...checkChoice(hook['matchPolicy'], `${path}.matchPolicy`, MATCH_POLICIES),
  );
  const effect = hook['sideEffects'];
  if (effect === undefined || effect === null)
    errors.push(required(`${path}.sideEffects`, `must specify one of ${effects.join(', ')}`));
  else if (!effects.includes(asString(effect))) errors.push(notSupported(`${path}.sideEffects`, effect, effects));
  const seconds = hook['timeoutSeconds'];
  if (typeof seconds === 'number' && (seconds < 1 || seconds > 30))
    errors.push(invalidValue(`${path}.timeoutSeconds`, seconds, 'the timeout value must be between 1 and 30 seconds'));
  return [
    ...errors,
    ...checkSelector(hook['namespaceSelector'], `${path}.namespaceSelector`),
    ...checkSelector(hook['objectSelector'], `${path}.objectSelector`),
    ...checkChoice(hook['reinvocationPolicy'], `${path}.reinvocationPolicy`, REINVOCATION_POLICIES),
    ...checkClient(asObject(hook['clientConfig']), `${path}.clientConfig`),
    ...checkMatchConditions(hook['matchConditions'], `${path}.matchConditions`),
  ];
}

function knowsVersion(hook: JsonObject): boolean {
  return asArray(hook['admissionReviewVersions']).some((version) => REVIEW_VERSIONS.includes(asString(version)));
}

function checkReviewVersions(hook: JsonObject, path: string, mustKnow: boolean): FieldError[] {
  const versions = asArray(hook['admissionReviewVersions']).map(asString);
  const list = REVIEW_VERSIONS.join(', ');
  if (versions.length === 0) return [required(path, `must specify one of ${list}`)];
  const errors = versions.flatMap((version, i) =>
    versions.indexOf(version) < i
      ? [invalidValue(`${path}[${i}]`, version, 'duplicate version')]
      : each(`${path}[${i}]`, version, checkDns1035Label(version)),
  );
  if (mustKnow && !knowsVersion(hook))
    errors.push(invalidValue(path, versions, `must include at least one of ${list}`));
  return errors;
}

function checkClient(client: JsonObject, path: string): FieldError[] {
  const { url, service } = client;
  if ((url === undefined) === !isObject(service)) return [required(path, 'exactly one of url or service is required')];
  return typeof url === 'string'
    ? checkWebhookUrl(url, `${path}.url`)
    : checkWebhookService(asObject(service), `${path}.service`);
}

const FORM = '; desired format: https://host[/path]';

/** @param path Of the field. */
export function checkWebhookUrl(url: string, path: string): FieldError[] {
  const [, scheme = '', rest = url] = /^([A-Za-z][-+.A-Za-z0-9]*):(.*)$/s.exec(url) ?? [];
  const [, authority = ''] = /^\/\/([^/?#]*)/.exec(rest) ?? [];
  const at = authority.lastIndexOf('@');
  const [, query = ''] = /\?([^#]*)/.exec(rest) ?? [];
  const [, fragment = ''] = /#(.*)$/s.exec(rest) ?? [];
  const errors: FieldError[] = [];
  const wrong = (value: string, text: string) => errors.push(invalidValue(path, value, text));
  if (scheme.toLowerCase() !== 'https') wrong(scheme.toLowerCase(), `'https' is the only allowed URL scheme${FORM}`);
  if (authority.slice(at + 1) === '') wrong('', `host must be specified${FORM}`);
  if (at >= 0) wrong(authority.slice(0, at), 'user information is not permitted in the URL');
  if (fragment !== '') wrong(fragment, 'fragments are not permitted in the URL');
  if (query !== '') wrong(query, 'query parameters are not permitted in the URL');
  return errors;
}

export function checkWebhookService(service: JsonObject, path: string): FieldError[] {
  const errors = checkTexts(service, path, 'namespace', 'name').map((error) =>
    // Upstream takes one for the other.
    ({ ...error, field: error.field.endsWith('.name') ? `${path}.namespace` : `${path}.name` }),
  );
  const port = asNumber(service['port']);
  if (port < 1 || port > 65535)
    errors.push(invalidValue(`${path}.port`, port, 'port is not valid: must be between 1 and 65535, inclusive'));
  return [...errors, ...checkUrlPath(asString(service['path']), `${path}.path`)];
}

function checkUrlPath(path: string, field: string): FieldError[] {
  if (path === '' || path === '/') return [];
  if (path === '//') return [invalidValue(field, path, 'segment[0] may not be empty')];
  const errors = path.startsWith('/') ? [] : [invalidValue(field, path, "must start with a '/'")];
  const steps = path.slice(1).replace(/\/$/, '').split('/');
  return [
    ...errors,
    ...steps.flatMap((step, i) =>
      step === ''
        ? [invalidValue(field, path, `segment[${i}] may not be empty`)]
        : each(
            field,
            path,
            checkSubdomain(step).map((text) => `segment[${i}]: ${text}`),
          ),
    ),
  ];
}

/** Conditions in CEL; what they say is looked at where they are used. */
/** @param variables what the conditions may speak of. Default: what those of webhooks may. */
export function checkMatchConditions(
  conditions: unknown,
  path: string,
  variables = admissionVariables(),
): FieldError[] {
  const list = asArray(conditions).map(asObject);
  const errors = list.length > 64 ? [tooMany(path, list.length, 64)] : [];
  const names = list.map((condition) => asString(condition['name']));
  list.forEach((condition, i) => {
    const at = `${path}[${i}]`;
    errors.push(...checkExpressionText(condition['expression'], `${at}.expression`, variables, ['bool']));
    errors.push(...checkNeededName(condition['name'], `${at}.name`, checkQualifiedName));
    if (names[i] !== '' && names.indexOf(names[i] ?? '') < i) errors.push(duplicate(`${at}.name`, names[i]));
  });
  return errors;
}

/** An expression that has to be there and to be of one of these types. @param why what is said when it is not there */
export function checkExpressionText(
  value: unknown,
  path: string,
  variables: ReadonlyMap<string, CelType>,
  wanted: readonly string[],
  why?: string,
): FieldError[] {
  const expression = asString(value);
  if (expression.trim() === '') return [required(path, why)];
  const problem = expressionProblem(expression, variables, wanted);
  return problem === undefined ? [] : [invalidValue(path, expression, problem)];
}
