// CEL's static types.

export type CelType =
  | { readonly kind: 'scalar'; readonly name: ScalarName }
  /** Anything: what is done with it is told when it runs. */
  | { readonly kind: 'dyn' }
  /** The type of an expression that is wrong: it fits everywhere, so that one mistake gives one message. */
  | { readonly kind: 'error' }
  | { readonly kind: 'null' }
  | { readonly kind: 'list'; readonly params: readonly [CelType] }
  | { readonly kind: 'map'; readonly params: readonly [CelType, CelType] }
  /** A type as a value. */
  | { readonly kind: 'type'; readonly params: readonly [CelType] | readonly [] }
  /** A type of a library, compared by name and parameters: `optional_type(int)`, `net.IP`. */
  | { readonly kind: 'opaque'; readonly name: string; readonly params: readonly CelType[] }
  | StructType
  /** A variable of a signature, or one that stands for what is not known yet. */
  | { readonly kind: 'variable'; readonly name: string };

export type ScalarName = 'bool' | 'int' | 'uint' | 'double' | 'string' | 'bytes' | 'duration' | 'timestamp';

/** An object, compared by name. */
export interface StructType {
  readonly kind: 'struct';
  readonly name: string;
  /** Types of its fields; undefined for one whose fields are hidden. */
  readonly fields?: ReadonlyMap<string, CelType>;
}

export const dyn: CelType = { kind: 'dyn' };
export const wrong: CelType = { kind: 'error' };
export const nullType: CelType = { kind: 'null' };

const scalars = new Map<ScalarName, CelType>();

export function scalar(name: ScalarName): CelType {
  let type = scalars.get(name);
  if (type === undefined) {
    type = { kind: 'scalar', name };
    scalars.set(name, type);
  }
  return type;
}

export function listOf(item: CelType): CelType {
  return { kind: 'list', params: [item] };
}

export function mapOf(key: CelType, value: CelType): CelType {
  return { kind: 'map', params: [key, value] };
}

export function optionalOf(value: CelType): CelType {
  return { kind: 'opaque', name: 'optional_type', params: [value] };
}

export function typeOf(type: CelType): CelType {
  return { kind: 'type', params: [type] };
}

/** What an optional holds; undefined for other types. */
export function insideOptional(type: CelType): CelType | undefined {
  return type.kind === 'opaque' && type.name === 'optional_type' ? type.params[0] : undefined;
}

export function isOpen(type: CelType): boolean {
  return type.kind === 'dyn' || type.kind === 'error';
}

export function paramsOf(type: CelType): readonly CelType[] {
  return 'params' in type ? type.params : [];
}

/** The same type with other parameters. */
export function withParams(type: CelType, params: readonly CelType[]): CelType {
  return { ...type, params } as CelType;
}

/** In the words of error messages: `map(string, list(int))`, `!error!`. */
export function printType(type: CelType): string {
  switch (type.kind) {
    case 'error':
      return '!error!';
    case 'scalar':
    case 'variable':
    case 'struct':
      return type.name;
    default: {
      const name = type.kind === 'opaque' ? type.name : type.kind;
      const params = paramsOf(type);
      return params.length === 0 ? name : `${name}(${params.map(printType).join(', ')})`;
    }
  }
}

/** Whether two types are the same; `loosely` takes all variables for one. */
export function isSame(a: CelType, b: CelType, loosely = false): boolean {
  if (a === b) return true;
  if (a.kind !== b.kind) return false;
  if ('name' in a && 'name' in b && a.name !== b.name && !(loosely && a.kind === 'variable')) return false;
  const [left, right] = [paramsOf(a), paramsOf(b)];
  return left.length === right.length && left.every((param, i) => isSame(param, right[i] as CelType, loosely));
}

/** As values tell their type: `google.protobuf.Timestamp`, `null_type`. */
export function printRuntimeType(type: CelType): string {
  const name = runtimeName(type);
  const params = paramsOf(type);
  return params.length === 0 ? name : `${name}(${params.map(printRuntimeType).join(', ')})`;
}

/** The same without parameters. */
export function runtimeName(type: CelType): string {
  switch (type.kind) {
    case 'null':
      return 'null_type';
    case 'scalar':
      if (type.name === 'duration') return 'google.protobuf.Duration';
      return type.name === 'timestamp' ? 'google.protobuf.Timestamp' : type.name;
    case 'struct':
    case 'opaque':
    case 'variable':
      return type.name;
    default:
      return type.kind;
  }
}
