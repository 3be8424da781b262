/**
 * Says where a value leaves the plain shape: `""` for the value itself, else the path of a part of it. Undefined: it is
 * plain. What no shape names is not plain.
 */
export type Shape = (value: unknown) => string | undefined;

type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An object with these fields and no others. `also` sees the whole of it, when every field is plain. */
export function struct(
  shapes: Readonly<Record<string, Shape>>,
  { needs = [], also }: { needs?: readonly string[]; also?: (fields: Fields) => string | undefined } = {},
): Shape {
  return (value) => {
    if (!isFields(value)) return '';
    for (const key of Object.keys(value)) {
      const shape = Object.hasOwn(shapes, key) ? shapes[key] : undefined;
      const doubt = shape === undefined ? '' : shape(value[key]);
      if (doubt !== undefined) return within(key, doubt);
    }
    for (const key of needs) if (!Object.hasOwn(value, key)) return key;
    return also?.(value);
  };
}

/** A map with any keys of one shape to values of another. */
export function mapOf(key: Shape, item: Shape): Shape {
  return (value) => {
    if (!isFields(value)) return '';
    for (const name of Object.keys(value)) {
      const doubt = key(name) ?? item(value[name]);
      if (doubt !== undefined) return within(name, doubt);
    }
    return undefined;
  };
}

/** A list; `unique`: what no two items may have in common. */
export function listOf(
  item: Shape,
  { min = 0, unique }: { min?: number; unique?: (item: unknown) => unknown } = {},
): Shape {
  return (value) => {
    if (!Array.isArray(value) || value.length < min) return '';
    const seen = new Set<unknown>();
    for (let i = 0; i < value.length; i++) {
      const doubt = item(value[i]);
      if (doubt !== undefined) return within(`[${i}]`, doubt);
      const key = unique?.(value[i]) ?? i;
      if (seen.has(key)) return `[${i}]`;
      seen.add(key);
    }
    return undefined;
  };
}

/** A string of at most `max` characters. The patterns of this folder all stand for the whole string. */
export function text(pattern: RegExp, max: number): Shape {
  return (value) => (typeof value === 'string' && value.length <= max && pattern.test(value) ? undefined : '');
}

export function integer(min: number, max: number): Shape {
  return (value) =>
    typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max ? undefined : '';
}

export function oneOf(...values: readonly string[]): Shape {
  return (value) => (typeof value === 'string' && values.includes(value) ? undefined : '');
}

/** Either of the shapes. */
export function either(...shapes: readonly Shape[]): Shape {
  return (value) => (shapes.some((shape) => shape(value) === undefined) ? undefined : '');
}

export const flag: Shape = (value) => (typeof value === 'boolean' ? undefined : '');

function within(key: string, doubt: string): string {
  return doubt === '' || doubt.startsWith('[') ? `${key}${doubt}` : `${key}.${doubt}`;
}
