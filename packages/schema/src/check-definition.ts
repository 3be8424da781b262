import { checkRuleTypes } from './check-rule-types.ts';
import { checkStructural } from './check-structural.ts';
import type { FieldError, JsonSchema } from './types.ts';
import { validate } from './validate.ts';

/**
 * Everything that must hold of a CRD version's `openAPIV3Schema` before it is served: its structure, that defaults fit
 * the schema they stand in, and that rules fit the types of what they speak of. `path` is where the schema stands in the
 * CRD.
 */
export function checkDefinition(schema: JsonSchema, path = 'spec.validation.openAPIV3Schema'): FieldError[] {
  const structure = checkStructural(schema, path);
  // Without a structure the rest makes no sense.
  if (structure.length > 0) return structure;
  const errors: FieldError[] = [];
  walk(schema, path, errors);
  return errors.length > 0 ? errors : checkRuleTypes(schema, path);
}

function walk(schema: JsonSchema, path: string, errors: FieldError[]): void {
  if (schema.default !== undefined) {
    for (const error of validate(schema, schema.default, { path: '' })) {
      // An error of the whole value has no field of its own.
      const below = error.field === '' || error.field === '<nil>' ? '' : `.${error.field}`;
      errors.push({ ...error, field: `${path}.default${below}` });
    }
  }
  for (const [name, property] of Object.entries(schema.properties ?? {}))
    walk(property, `${path}.properties[${name}]`, errors);
  if (schema.items !== undefined) walk(schema.items, `${path}.items`, errors);
  if (typeof schema.additionalProperties === 'object')
    walk(schema.additionalProperties, `${path}.additionalProperties`, errors);
}
