// Reading

// Values
export { cloneJson, deepEqual } from './clone-json.ts';
// Errors
export { YamlError, type YamlErrorCode, type YamlErrorOptions } from './error.ts';
// JSON
export { parseJson, type StringifyJsonOptions, stringifyJson } from './json.ts';
export {
  parseYamlNodes,
  type YamlComment,
  type YamlDocumentNode,
  type YamlListNode,
  type YamlMapNode,
  type YamlNode,
  type YamlScalarNode,
} from './nodes.ts';
export { formatGoFloat, formatJsonNumber, formatYamlNumber } from './numbers.ts';
export { compareBytes, compareKeys, sortKeys } from './order.ts';
export { getOwn, setOwn } from './own-property.ts';
export { type ParseYamlOptions, parseYaml, parseYamlDocument } from './parse.ts';
export { isPlainString, parseTimestamp, resolveScalar, type ScalarRules } from './scalar.ts';
// Printing
export { type StringifyYamlOptions, stringifyYaml } from './stringify.ts';
