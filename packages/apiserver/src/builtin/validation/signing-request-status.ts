import type { FieldError } from '@fluvial/schema';
import { duplicate, forbiddenField, invalidValue, notSupported, required } from '../../field-errors.ts';
import { asArray, asObject, asString } from '../../json.ts';
import type { KubeObject } from '../../types.ts';

/** Conditions that are decisions: they are true, and they stay. */
const DECISIONS = ['Approved', 'Denied', 'Failed'];
const PATH = 'status.conditions';

/**
 * What becomes of a signing request.
 *
 * @param mayDecide Whether it may be approved or denied, as through its `approval`.
 */
export function checkSigningStatus(object: KubeObject, old: KubeObject, mayDecide: boolean): FieldError[] {
  const types = conditionsOf(object).map(({ type }) => asString(type));
  const before = conditionsOf(old).map(({ type }) => asString(type));
  const count = (list: readonly string[], type: string) => list.filter((one) => one === type).length;
  const removed = DECISIONS.filter((type) => count(types, type) < count(before, type));
  const added = ['Approved', 'Denied'].filter((type) => !mayDecide && count(types, type) > count(before, type));
  const [certificate, known] = [object, old].map((one) => asString(asObject(one['status'])['certificate']));
  return [
    ...conditionErrors(object),
    ...certificateErrors(certificate ?? ''),
    ...removed.map((type) => forbiddenField(PATH, `updates may not remove a condition of type "${type}"`)),
    ...added.map((type) => forbiddenField(PATH, `updates may not add a condition of type "${type}"`)),
    ...(known !== '' && certificate !== known
      ? [forbiddenField('status.certificate', 'updates may not modify existing certificate content')]
      : []),
  ];
}

function conditionsOf(object: KubeObject) {
  return asArray(asObject(object['status'])['conditions']).map(asObject);
}

function conditionErrors(object: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  conditionsOf(object).forEach((condition, index) => {
    const [type, status] = [asString(condition['type']), asString(condition['status'])];
    const allowed = DECISIONS.includes(type) ? ['True'] : ['False', 'True', 'Unknown'];
    if (type === '') errors.push(required(`${PATH}[${index}].type`));
    if (status === '') errors.push(required(`${PATH}[${index}].status`));
    else if (!allowed.includes(status)) errors.push(notSupported(`${PATH}[${index}].status`, status, allowed));
    if ((type === 'Approved' && seen.has('Denied')) || (type === 'Denied' && seen.has('Approved')))
      errors.push(invalidValue(PATH, type, 'Approved and Denied conditions are mutually exclusive'));
    if (seen.has(type)) errors.push(duplicate(`${PATH}[${index}].type`, type));
    seen.add(type);
  });
  return errors;
}

function certificateErrors(certificate: string): FieldError[] {
  if (certificate === '') return [];
  const refuse = (why: string) => [invalidValue('status.certificate', '<certificate data>', why)];
  const text = Buffer.from(certificate, 'base64').toString('latin1');
  const blocks = [...text.matchAll(/-----BEGIN ([^-\n]+)-----\n[\s\S]*?-----END \1-----/g)].map((found) => found[1]);
  const other = blocks.find((type) => type !== 'CERTIFICATE');
  if (other !== undefined) return refuse(`only CERTIFICATE PEM blocks are allowed, found ${JSON.stringify(other)}`);
  return blocks.length === 0 ? refuse('must contain at least one CERTIFICATE PEM block') : [];
}
