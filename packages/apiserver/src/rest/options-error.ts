import { StatusError } from '../errors.ts';

/** One thing that is wrong with the options of a request. */
export interface OptionProblem {
  readonly field: string;
  readonly reason: string;
  readonly message: string;
}

/** @param kind `ListOptions`, `CreateOptions` and the like. */
export function invalidOptions(kind: string, problems: readonly OptionProblem[]): StatusError {
  const texts = problems.map(({ field, message }) => `${field}: ${message}`);
  const text = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`;
  return new StatusError(422, 'Invalid', `${kind}.meta.k8s.io "" is invalid: ${text}`, {
    group: 'meta.k8s.io',
    kind,
    causes: problems.map(({ reason, message, field }) => ({ reason, message, field })),
  });
}

/** What is not one of the values that an option has. @param value As it is to be shown. */
export function unsupported(field: string, value: string, supported: readonly string[]): OptionProblem {
  const list = supported.map((one) => JSON.stringify(one)).join(', ');
  return {
    field,
    reason: 'FieldValueNotSupported',
    message: `Unsupported value: ${value}: supported values: ${list}`,
  };
}

/** Anything but `All`, once or more. */
export function dryRunProblems(values: readonly string[]): OptionProblem[] {
  if (values.every((value) => value === 'All')) return [];
  return [unsupported('dryRun', JSON.stringify(values), ['All'])];
}
