// Texts
export { goNumber, goQuote, goSyntax, goType, goValue } from './format.ts';
export { goJson, goJsonString } from './json-text.ts';
// Values
export {
  cloneJson,
  compareText,
  getField,
  isNumber,
  isObject,
  type JsonObject,
  jsonEqual,
  setField,
  shallowCopy,
} from './json-value.ts';
