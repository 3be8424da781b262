import { checkEmbedded } from './check-embedded.ts';
import { checkLists } from './check-lists.ts';
import { checkOpenApi } from './check-openapi.ts';
import { checkRules, hasRules } from './check-rules.ts';
import { invalid } from './field-error.ts';
import type { ResolveRef } from './schema-walk.ts';
import type { FieldError, FieldErrorReason, JsonSchema } from './types.ts';

export interface ValidateOptions {
  /** The stored object on update: transition rules see it as `oldSelf`, and what it already held is not refused. */
  readonly old?: unknown;
  /** Path of `value` in the errors. Default none. */
  readonly path?: string;
  /** Follows `$ref`; needed for built-in kinds only. */
  readonly resolve?: ResolveRef;
  /** Run `x-kubernetes-validations`. Default true. */
  readonly rules?: boolean;
}

/** Errors after which rules are not run: they could only fail in confusing ways. */
const blocking: ReadonlySet<FieldErrorReason> = new Set([
  'FieldValueNotSupported',
  'FieldValueRequired',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
]);

/**
 * Checks a value by its schema: OpenAPI keywords first, then embedded resources, list types and CEL rules, as the API
 * server orders them; siblings by name, where the server's order is random. An empty array means valid. Never throws for
 * a bad value.
 *
 * Source: `customResourceStrategy.Validate` and `ValidateUpdate` of k8s.io/apiextensions-apiserver.
 */
export function validate(schema: JsonSchema, value: unknown, options: ValidateOptions = {}): FieldError[] {
  const { old, path = '', resolve, rules = true } = options;
  const isUpdate = old !== undefined && old !== null;
  const errors = checkOpenApi({ prefix: path, resolve }, schema, value, isUpdate ? { value: old } : undefined);
  if (resolve !== undefined) return errors;
  errors.push(...checkEmbedded(schema, value, path));
  // An object that was stored with duplicates may keep them.
  if (!isUpdate || checkLists(schema, old, path).length === 0) errors.push(...checkLists(schema, value, path));
  if (rules && hasRules(schema)) {
    if (errors.some((error) => blocking.has(error.reason))) {
      errors.push(
        invalid(
          '',
          null,
          'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
        ),
      );
    } else {
      errors.push(...checkRules(schema, value, isUpdate ? old : undefined, path));
    }
  }
  return errors;
}
