import { invalid, notSupported, required } from './field-error.ts';
import { additionalOf, propertyOf } from './schema-walk.ts';
import type { FieldError, JsonSchema, ValidationRule } from './types.ts';

const reasons = ['FieldValueDuplicate', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueRequired'];

/** What can be said of a schema's rules without reading their expressions; `path` is that of the schema. */
export function checkRuleForm(schema: JsonSchema, path: string): FieldError[] {
  return (schema['x-kubernetes-validations'] ?? []).flatMap((rule, i) =>
    checkForm(schema, rule, `${path}.x-kubernetes-validations[${i}]`),
  );
}

const hasLineBreak = (text: string): boolean => /[\n\r]/.test(text);

function checkForm(schema: JsonSchema, rule: ValidationRule, at: string): FieldError[] {
  const { fieldPath = '', message = '', messageExpression = '', reason } = rule;
  const errors: FieldError[] = [];
  if (rule.rule.trim() === '') errors.push(required(`${at}.rule`, 'rule is not specified'));
  else if (message !== '' && message.trim() === '') {
    errors.push(invalid(`${at}.message`, message, 'must be non-empty if specified'));
  } else if (hasLineBreak(message.trim())) {
    errors.push(invalid(`${at}.message`, message, 'must not contain line breaks'));
  } else if (hasLineBreak(rule.rule.trim()) && message.trim() === '') {
    errors.push(required(`${at}.message`, 'message must be specified if rule contains line breaks'));
  }
  if (messageExpression !== '' && messageExpression.trim() === '') {
    errors.push(required(`${at}.messageExpression`, 'messageExpression must be non-empty if specified'));
  }
  if (reason !== undefined && !reasons.includes(reason)) errors.push(notSupported(`${at}.reason`, reason, reasons));
  if (fieldPath === '') return errors;
  const refused = (detail: string): void => {
    errors.push(invalid(`${at}.fieldPath`, fieldPath, detail));
  };
  if (fieldPath.trim() === '') refused('must be non-empty if specified');
  if (hasLineBreak(fieldPath)) refused('must not contain line breaks');
  if (readFieldPath(schema, fieldPath) === undefined) refused('must be a valid path');
  return errors;
}

/**
 * The place below a schema that a rule's `fieldPath` names, as errors print it: `.a['b-c'].d` of a field and a map's key.
 * Undefined when it names none.
 */
export function readFieldPath(schema: JsonSchema, fieldPath: string): string | undefined {
  let at = '';
  let current: JsonSchema | undefined = schema;
  let rest = fieldPath;
  while (rest !== '') {
    const step = /^(?:\.([^.[\]']?[^.[\]]*)|\['((?:[^'\\]|\\[\s\S])*)'\])/.exec(rest);
    const name = step?.[1] ?? unescapeQuoted(step?.[2]);
    if (step === null || name === undefined || current === undefined || step[1] === '') return undefined;
    const below: JsonSchema | undefined =
      current.properties === undefined ? additionalOf(current) : propertyOf(current, name);
    if (below === undefined) return undefined;
    if (current.properties === undefined) at += `[${name}]`;
    else at += at === '' ? name : `.${name}`;
    current = below;
    rest = rest.slice(step[0].length);
  }
  return at;
}

function unescapeQuoted(text: string | undefined): string | undefined {
  return text?.replace(/\\([abfnrtv'\\"])/g, (_, letter: string) => escapes[letter] ?? letter);
}

const escapes: { readonly [letter: string]: string } = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};
