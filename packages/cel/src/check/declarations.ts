import { kubernetesSignatures, portableSignatures } from './library-signatures.ts';
import { standardSignatures } from './standard-signatures.ts';
import { type CelType, dyn, type ScalarName, scalar, typeOf, withParams } from './types.ts';

/** One way to call a function. */
export interface Overload {
  /** As written: `string.split(string, int): list(string)`, without the result. */
  readonly id: string;
  readonly isMethod: boolean;
  /** With the receiver of a method first. */
  readonly args: readonly CelType[];
  readonly result: CelType;
  readonly variables: readonly string[];
}

export type Functions = ReadonlyMap<string, readonly Overload[]>;

const known = new Map<string, Functions>();

/** The functions of CEL with its own libraries, or with those of Kubernetes 1.36, by name. Read on first use. */
export function functions(library: 'portable' | 'kubernetes'): Functions {
  let found = known.get(library);
  if (found === undefined) {
    const added = library === 'portable' ? portableSignatures : kubernetesSignatures;
    found = readSignatures([...standardSignatures(), ...added]);
    known.set(library, found);
  }
  return found;
}

const scalarNames: ReadonlySet<string> = new Set<ScalarName>([
  ...(['bool', 'int', 'uint', 'double', 'string', 'bytes', 'duration', 'timestamp'] as const),
]);

/** Names of types, which are values in expressions. */
export const typeNames: ReadonlyMap<string, CelType> = new Map<string, CelType>([
  ...(['bool', 'int', 'uint', 'double', 'string', 'bytes', 'duration', 'timestamp'] as const).map(
    (name): [string, CelType] => [name, typeOf(scalar(name))],
  ),
  ['null_type', typeOf({ kind: 'null' })],
  ['list', typeOf(readType('list(A)'))],
  ['map', typeOf(readType('map(A, B)'))],
  ['type', typeOf({ kind: 'type', params: [] })],
  ['optional_type', typeOf(readType('optional(A)'))],
  ['google.protobuf.Duration', typeOf(scalar('duration'))],
  ['google.protobuf.Timestamp', typeOf(scalar('timestamp'))],
]);

/**
 * Reads signatures: `NAME(ARGS): RESULT`, or `TYPE.NAME(ARGS): RESULT` of a method. Capital letters are variables; a name
 * with a package (`sets.contains`) is a function when the part before the point is in `packages`.
 */
function readSignatures(lines: readonly string[]): Functions {
  const found = new Map<string, Overload[]>();
  for (const line of lines) {
    const colon = line.lastIndexOf('): ');
    const open = openingOf(line, colon);
    const head = line.slice(0, open);
    const point = methodPoint(head);
    const name = point === -1 ? head : head.slice(point + 1);
    const args = splitTop(line.slice(open + 1, colon)).map(readType);
    const isMethod = point !== -1;
    if (isMethod) args.unshift(readType(head.slice(0, point)));
    const result = readType(line.slice(colon + 3));
    const variables = new Set<string>();
    for (const type of [...args, result]) collectVariables(type, variables);
    const overload = { id: line.slice(0, colon + 1), isMethod, args, result, variables: [...variables] };
    const others = found.get(name);
    if (others === undefined) found.set(name, [overload]);
    else others.push(overload);
  }
  return found;
}

const packages = /^(?:optional|sets|strings|lists|format|cel|ip|base64)$/;

function methodPoint(head: string): number {
  if (head.startsWith('_') || head.startsWith('@')) return -1;
  const point = head.lastIndexOf('.');
  if (point === -1 || packages.test(head.slice(0, point))) return -1;
  return point;
}

/** The bracket that the one at `close` closes. */
function openingOf(line: string, close: number): number {
  let depth = 0;
  for (let i = close; i >= 0; i--) {
    if (line[i] === ')') depth++;
    if (line[i] === '(' && --depth === 0) return i;
  }
  return -1;
}

function splitTop(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i <= text.length; i++) {
    if (text[i] === '(') depth++;
    if (text[i] === ')') depth--;
    if ((i === text.length || (text[i] === ',' && depth === 0)) && i > start) {
      parts.push(text.slice(start, i).trim());
      start = i + 1;
    }
  }
  return parts;
}

function readType(text: string): CelType {
  const open = text.indexOf('(');
  const name = open === -1 ? text : text.slice(0, open);
  const params = open === -1 ? [] : splitTop(text.slice(open + 1, -1)).map(readType);
  if (scalarNames.has(name)) return scalar(name as ScalarName);
  if (/^[A-Z]$/.test(name)) return { kind: 'variable', name };
  switch (name) {
    case 'dyn':
      return dyn;
    case 'list':
    case 'map':
    case 'type':
      return withParams({ kind: name, params: [] } as unknown as CelType, params);
    case 'optional':
      return { kind: 'opaque', name: 'optional_type', params };
    default:
      return name.startsWith('net.') ? { kind: 'opaque', name, params } : { kind: 'struct', name };
  }
}

function collectVariables(type: CelType, into: Set<string>): void {
  if (type.kind === 'variable') into.add(type.name);
  if ('params' in type) for (const param of type.params) collectVariables(param, into);
}
