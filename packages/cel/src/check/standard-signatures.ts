const numbers = ['int', 'uint', 'double'];
const comparable = ['bool', 'int', 'uint', 'double', 'string', 'bytes', 'timestamp', 'duration'];

/** Signatures of CEL's standard functions. Source: cel-spec, "List of Standard Definitions". */
export function standardSignatures(): string[] {
  return [
    '_?_:_(bool, A, A): A',
    '_&&_(bool, bool): bool',
    '_||_(bool, bool): bool',
    '!_(bool): bool',
    '@not_strictly_false(bool): bool',
    '_==_(A, A): bool',
    '_!=_(A, A): bool',
    ...['bytes', 'double', 'duration'].map((type) => `_+_(${type}, ${type}): ${type}`),
    '_+_(duration, timestamp): timestamp',
    '_+_(timestamp, duration): timestamp',
    '_+_(int, int): int',
    '_+_(list(A), list(A)): list(A)',
    '_+_(string, string): string',
    '_+_(uint, uint): uint',
    ...['double', 'int', 'uint'].flatMap((type) => [
      `_/_(${type}, ${type}): ${type}`,
      `_*_(${type}, ${type}): ${type}`,
    ]),
    ...['int', 'uint'].map((type) => `_%_(${type}, ${type}): ${type}`),
    ...['double', 'int'].map((type) => `-_(${type}): ${type}`),
    ...['double', 'duration', 'int'].map((type) => `_-_(${type}, ${type}): ${type}`),
    '_-_(timestamp, duration): timestamp',
    '_-_(timestamp, timestamp): duration',
    '_-_(uint, uint): uint',
    ...['_<_', '_<=_', '_>_', '_>=_'].flatMap((name) => [
      ...comparable.map((type) => `${name}(${type}, ${type}): bool`),
      ...numbers.flatMap((a) => numbers.filter((b) => b !== a).map((b) => `${name}(${a}, ${b}): bool`)),
    ]),
    '_[_](list(A), int): A',
    '_[_](map(A, B), A): B',
    '@in(A, list(A)): bool',
    '@in(A, map(A, B)): bool',
    ...['bytes', 'list(A)', 'map(A, B)', 'string'].flatMap((type) => [`size(${type}): int`, `${type}.size(): int`]),
    'type(A): type(A)',
    ...conversions('bool', 'bool string'),
    ...conversions('bytes', 'bytes string'),
    ...conversions('double', 'double int string uint'),
    ...conversions('duration', 'duration int string'),
    'dyn(A): dyn',
    ...conversions('int', 'int double duration string timestamp uint'),
    ...conversions('string', 'string bool bytes double duration int timestamp uint'),
    ...conversions('timestamp', 'timestamp int string'),
    ...conversions('uint', 'uint double int string'),
    ...['contains', 'endsWith', 'startsWith'].map((name) => `string.${name}(string): bool`),
    'matches(string, string): bool',
    'string.matches(string): bool',
    ...['FullYear', 'Month', 'DayOfYear', 'DayOfMonth', 'Date', 'DayOfWeek'].flatMap(timestampParts),
    ...['Hours', 'Minutes', 'Seconds', 'Milliseconds'].flatMap((part) => [
      ...timestampParts(part),
      `duration.get${part}(): int`,
    ]),
  ];
}

function conversions(to: string, from: string): string[] {
  return from.split(' ').map((type) => `${to}(${type}): ${to}`);
}

function timestampParts(part: string): string[] {
  return [`timestamp.get${part}(): int`, `timestamp.get${part}(string): int`];
}
