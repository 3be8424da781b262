import { goQuote } from '@fluvial/go-text';
import { brokenRule } from './check-rules.ts';
import { checkStructural } from './check-structural.ts';
import { invalid } from './field-error.ts';
import type { FieldError, JsonSchema } from './types.ts';
import { validate } from './validate.ts';

/**
 * Everything that must hold of a CRD version's `openAPIV3Schema` before it is served: its structure, that defaults fit
 * the schema they stand in, and that rules can be compiled. `path` is where the schema stands in the CRD.
 *
 * Rules are not type-checked: one that names a field which no object can have is told when an object is validated.
 */
export function checkDefinition(schema: JsonSchema, path = 'spec.validation.openAPIV3Schema'): FieldError[] {
  const structure = checkStructural(schema, path);
  // Without a structure the rest makes no sense.
  if (structure.length > 0) return structure;
  const errors: FieldError[] = [];
  walk(schema, path, errors);
  return errors;
}

function walk(schema: JsonSchema, path: string, errors: FieldError[]): void {
  if (schema.default !== undefined) {
    for (const error of validate(schema, schema.default, { path: '' })) {
      // An error of the whole value has no field of its own.
      const below = error.field === '' || error.field === '<nil>' ? '' : `.${error.field}`;
      errors.push({ ...error, field: `${path}.default${below}` });
    }
  }
  schema['x-kubernetes-validations']?.forEach((rule, index) => {
    const problem = brokenRule(rule);
    if (problem === undefined) return;
    const shown = `{"Rule":${goQuote(rule.rule)}}`;
    const at = `${path}.x-kubernetes-validations[${index}].rule`;
    errors.push({ ...invalid(at, '', ''), message: `Invalid value: ${shown}: compilation failed: ${problem}` });
  });
  for (const [name, property] of Object.entries(schema.properties ?? {}))
    walk(property, `${path}.properties[${name}]`, errors);
  if (schema.items !== undefined) walk(schema.items, `${path}.items`, errors);
  if (typeof schema.additionalProperties === 'object')
    walk(schema.additionalProperties, `${path}.additionalProperties`, errors);
}
