import { CelError } from './errors.ts';

// The library says in its own words what fails when an expression runs. People know the words of cel-go, and rules of
// Kubernetes are told by them.

/** Operators and functions that every value is asked for: they tell no name. */
const asked = /^(?:[^a-z].*|startsWith|endsWith|contains|matches)$/;

/** `int.(string)` or `(int, string)`: the types of a call, the receiver first. */
function typesOf(signature: string): string {
  const [, receiver, args = ''] = /^(?:(.*)\.)?\((.*)\)$/.exec(signature) ?? [];
  return [receiver, args].filter((part) => part !== undefined && part !== '').join(', ');
}

const goTypes: { readonly [type: string]: string } = {
  bool: 'types.Bool',
  int: 'types.Int',
  uint: 'types.Uint',
  double: 'types.Double',
  string: 'types.String',
  bytes: 'types.Bytes',
};

const rewordings: readonly [RegExp, (...groups: string[]) => string][] = [
  [/^field not found: (.*)$/s, (field) => `no such key: ${field}`],
  [
    /^found no matching overload for '?(.*?)'? applied to '(.*)'$/s,
    (name, signature) => {
      if (asked.test(name)) return 'no such overload';
      return name === 'size' ? 'no such overload: size' : `no such overload: ${name}(${typesOf(signature)})`;
    },
  ],
  [/^type mismatch: expected bool, got .*$/, () => 'no such overload'],
  [/^type mismatch: iterable vs (.*)$/, (type) => `got '${goTypes[type] ?? type}', expected iterable type`],
  [/^(?:int|uint) divide by zero$/, () => 'division by zero'],
  [/^(?:int|uint) modulus by zero$/, () => 'modulus by zero'],
  [/^int overflow during .*$/, () => 'integer overflow'],
  [/^uint overflow during .*$/, () => 'unsigned integer overflow'],
  // Lists tell no length.
  [/^index (-?\d+) out of bounds \[0, -1\)$/, (index) => `index out of bounds: ${index}`],
  [/^index (-?\d+) out of bounds.*$/, (index) => `index out of range: ${index}`],
  [/^Failed to parse duration: .*$/, () => "type conversion error from 'string' to 'google.protobuf.Duration'"],
  [/^Failed to parse timestamp: .*$/, () => "type conversion error from 'string' to 'google.protobuf.Timestamp'"],
  [/^Unable to convert string '.*' to bool$/, () => "type conversion error from 'string' to 'bool'"],
];

/** The error of an evaluation that failed. */
export function evaluationError(cause: Error): CelError {
  const inner = cause.cause;
  if (inner instanceof CelError) return inner;
  for (const [pattern, words] of rewordings) {
    const found = pattern.exec(cause.message);
    if (found !== null) return new CelError('EVALUATE', words(...found.slice(1)), { cause });
  }
  return new CelError('EVALUATE', cause.message, { cause });
}
