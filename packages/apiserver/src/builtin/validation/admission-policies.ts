import type { FieldError } from '@fluvial/schema';
import { duplicate, forbiddenField, invalidValue, notSupported, required } from '../../field-errors.ts';
import { asArray, asObject, asString, isObject } from '../../json.ts';
import { admissionVariables, policyVariables } from '../../policies/policy-types.ts';
import { checkDns1035Label, checkPathSegment, checkQualifiedName, checkSubdomain } from '../../rest/names.ts';
import type { JsonObject } from '../../types.ts';
import { checkMatchResources, FAILURE_POLICIES, REINVOCATION_POLICIES } from './admission-rules.ts';
import { checkChoice, checkNeededChoice, checkNeededName, checkSelector, each, type Validation } from './rules.ts';
import { checkExpressionText, checkMatchConditions } from './webhooks.ts';

type Variables = ReturnType<typeof policyVariables>;

const REASONS = ['Forbidden', 'Invalid', 'RequestEntityTooLarge'];
const ACTIONS = ['Audit', 'Deny', 'Warn'];
const MUTATING = ['*', 'CONNECT', 'CREATE', 'UPDATE'];

/** What both sorts of policies start with. */
function checkPolicy(spec: JsonObject, mutates: boolean): { errors: FieldError[]; variables: Variables } {
  const errors = checkNeededChoice(spec['failurePolicy'], 'spec.failurePolicy', FAILURE_POLICIES);
  if (isObject(spec['paramKind'])) errors.push(...checkParamKind(spec['paramKind'], 'spec.paramKind'));
  const match = spec['matchConstraints'];
  const at = 'spec.matchConstraints';
  if (!isObject(match)) errors.push(required(at));
  else {
    errors.push(...checkMatchResources(match, at));
    if (asArray(match['resourceRules']).length === 0) errors.push(required(`${at}.resourceRules`));
    if (mutates) errors.push(...checkMutating(match, at));
  }
  const admission = admissionVariables({ hasParams: spec['paramKind'] !== undefined });
  errors.push(...checkMatchConditions(spec['matchConditions'], 'spec.matchConditions', admission));
  const wrong = new Map<number, FieldError>();
  const known = policyVariables(spec, (i, expression, why) =>
    wrong.set(i, invalidValue(`spec.variables[${i}].expression`, expression, why)),
  );
  asArray(spec['variables']).forEach((entry, i) => {
    const variable = asObject(entry);
    const path = `spec.variables[${i}]`;
    const name = asString(variable['name']);
    if (name.trim() === '') errors.push(required(`${path}.name`, 'name is not specified'));
    else if (!/^[_a-zA-Z][_a-zA-Z0-9]*$/.test(name))
      errors.push(invalidValue(`${path}.name`, name, 'must be a valid CEL identifier'));
    if (asString(variable['expression']).trim() === '')
      errors.push(required(`${path}.expression`, 'expression is not specified'));
    const problem = wrong.get(i);
    if (problem !== undefined) errors.push(problem);
  });
  return { errors, variables: known };
}

function checkMutating(match: JsonObject, path: string): FieldError[] {
  return asArray(match['resourceRules']).flatMap((rule) =>
    asArray(asObject(rule)['operations'])
      .filter((operation) => !MUTATING.includes(asString(operation)))
      .map((operation) => notSupported(`${path}.resourceRules.operations`, operation, MUTATING)),
  );
}

function checkParamKind({ apiVersion, kind }: JsonObject, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const version = asString(apiVersion);
  const parts = version.split('/');
  const at = `${path}.apiVersion`;
  const joined = (where: string, value: string, texts: readonly string[], start = '') => {
    if (texts.length > 0) errors.push(invalidValue(where, value, `${start}${texts.join(',')}`));
  };
  if (version === '') errors.push(required(at));
  else if (parts.length > 2) errors.push(invalidValue(at, version, `unexpected GroupVersion string: ${version}`));
  else {
    const [group, name] = parts.length === 2 ? (parts as [string, string]) : ['', version];
    if (group !== '') joined(at, group, checkSubdomain(group));
    if (name === '') errors.push(invalidValue(at, version, 'version must be specified'));
    else joined(at, name, checkDns1035Label(name));
  }
  const name = asString(kind);
  if (name === '') errors.push(required(`${path}.kind`));
  else
    joined(
      `${path}.kind`,
      name,
      checkDns1035Label(name.toLowerCase()),
      'may have mixed case, but should otherwise match: ',
    );
  return errors;
}

export const validatingPolicies: Validation = (object) => {
  const spec = asObject(object['spec']);
  const { errors, variables } = checkPolicy(spec, false);
  const [validations, annotations] = [asArray(spec['validations']), asArray(spec['auditAnnotations'])];
  if (validations.length + annotations.length === 0) {
    const text = 'validations or auditAnnotations must contain at least one item';
    return [...errors, required('spec.validations', text), required('spec.auditAnnotations', text)];
  }
  validations.forEach((validation, i) => {
    errors.push(...checkRule(asObject(validation), `spec.validations[${i}]`, variables));
  });
  const keys = new Set<string>();
  annotations.forEach((entry, i) => {
    const at = `spec.auditAnnotations[${i}]`;
    const key = asString(asObject(entry)['key']);
    const whole = `${asString(object.metadata.name)}/${key}`;
    errors.push(...each(`${at}.key`, whole, checkQualifiedName(whole)));
    const value = asObject(entry)['valueExpression'];
    const why = 'valueExpression is not specified';
    errors.push(...checkExpressionText(value, `${at}.valueExpression`, variables, ['string', 'null_type'], why));
    if (keys.has(key)) errors.push(duplicate(`${at}.key`, key));
    keys.add(key);
  });
  return errors;
};

function checkRule(rule: JsonObject, path: string, variables: Variables): FieldError[] {
  const [message, expression] = [asString(rule['message']), asString(rule['messageExpression'])];
  const why = 'expression is not specified';
  const errors = checkExpressionText(rule['expression'], `${path}.expression`, variables, ['bool'], why);
  if (expression !== '' && expression.trim() === '')
    errors.push(invalidValue(`${path}.messageExpression`, expression, 'must be non-empty if specified'));
  else if (expression !== '')
    errors.push(...checkExpressionText(expression, `${path}.messageExpression`, variables, ['string']));
  if (message !== '' && message.trim() === '')
    errors.push(invalidValue(`${path}.message`, message, 'must be non-empty if specified'));
  else if (/[\r\n]/.test(message.trim()))
    errors.push(invalidValue(`${path}.message`, message, 'must not contain line breaks'));
  return [...errors, ...checkChoice(rule['reason'], `${path}.reason`, REASONS)];
}

export const mutatingPolicies: Validation = (object) => {
  const spec = asObject(object['spec']);
  const mutations = asArray(spec['mutations']);
  return [
    ...checkPolicy(spec, true).errors,
    ...(mutations.length === 0 ? [required('spec.mutations', 'mutations must contain at least one item')] : []),
    ...mutations.flatMap((mutation, i) => checkMutation(asObject(mutation), `spec.mutations[${i}]`)),
    ...checkNeededChoice(spec['reinvocationPolicy'], 'spec.reinvocationPolicy', REINVOCATION_POLICIES),
  ];
};

const PATCHES: { readonly [type: string]: string } = {
  ApplyConfiguration: 'applyConfiguration',
  JSONPatch: 'jsonPatch',
};

function checkMutation(mutation: JsonObject, path: string): FieldError[] {
  const type = asString(mutation['patchType']);
  const own = PATCHES[type];
  if (own === undefined) return checkNeededChoice(type, `${path}.patchType`, Object.keys(PATCHES));
  const other = own === 'jsonPatch' ? 'applyConfiguration' : 'jsonPatch';
  const errors: FieldError[] = [];
  if (!isObject(mutation[own])) errors.push(required(`${path}.${own}`, `must be specified when patchType is ${type}`));
  else if (asString(mutation[own]['expression']).trim() === '') errors.push(required(`${path}.${own}.expression`));
  if (mutation[other] !== undefined)
    errors.push(invalidValue(`${path}.${other}`, `{${other}}`, `must not be specified when patchType is ${type}`));
  return errors;
}

/** What both sorts of bindings start with. */
function checkBinding(spec: JsonObject): FieldError[] {
  return [
    ...checkNeededName(spec['policyName'], 'spec.policyName', checkSubdomain),
    ...(isObject(spec['paramRef']) ? checkParamRef(spec['paramRef'], 'spec.paramRef') : []),
    ...(isObject(spec['matchResources']) ? checkMatchResources(spec['matchResources'], 'spec.matchResources') : []),
  ];
}

function checkParamRef(reference: JsonObject, path: string): FieldError[] {
  const { selector, parameterNotFoundAction } = reference;
  const name = asString(reference['name']);
  const text = 'name and selector are mutually exclusive';
  const errors: FieldError[] = [];
  if (name !== '') errors.push(...each(`${path}.name`, name, checkPathSegment(name)));
  if (name !== '' && isObject(selector)) errors.push(forbiddenField(`${path}.name`, text));
  if (isObject(selector)) {
    errors.push(...checkSelector(selector, `${path}.selector`));
    if (name !== '') errors.push(forbiddenField(`${path}.selector`, text));
  } else if (name === '') errors.push(required(path, 'one of name or selector must be specified'));
  return [
    ...errors,
    ...checkNeededChoice(parameterNotFoundAction, `${path}.parameterNotFoundAction`, ['Deny', 'Allow']),
  ];
}

export const validatingBindings: Validation = (object) => {
  const spec = asObject(object['spec']);
  const actions = asArray(spec['validationActions']).map(asString);
  const path = 'spec.validationActions';
  const errors = checkBinding(spec);
  actions.forEach((action, i) => {
    if (!ACTIONS.includes(action)) errors.push(notSupported(`${path}[${i}]`, action, ACTIONS));
    if (actions.indexOf(action) < i) errors.push(duplicate(`${path}[${i}]`, action));
  });
  if (actions.includes('Deny') && actions.includes('Warn'))
    errors.push(
      invalidValue(
        path,
        actions,
        'must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)',
      ),
    );
  if (actions.length === 0) errors.push(required(path, 'at least one validation action is required'));
  return errors;
};

export const mutatingBindings: Validation = (object) => {
  const spec = asObject(object['spec']);
  return [...checkBinding(spec), ...checkMutating(asObject(spec['matchResources']), 'spec.matchResources')];
};
