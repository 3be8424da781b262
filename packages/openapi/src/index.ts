export { builtinResources, printerColumns } from './builtin-resources.ts';
export {
  builtinSchemas,
  definitionNameOf,
  mergeKeys,
  resolveBuiltinRef,
  schemaOfKind,
  typeOfDefinition,
} from './builtin-schemas.ts';
export type {
  BuiltinResource,
  GroupVersionKind,
  MergeKey,
  OpenApiSchema,
  PrinterColumn,
  TypeSchema,
} from './types.ts';
