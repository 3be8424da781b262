import { resolveScalar, stringifyYaml } from '@fluvial/yaml';
import { KustomizeError } from './types.ts';

/**
 * A plain scalar whose text is not what its value prints as (`1.10`, `0777`, `True`, `2001-01-01`). Lives in objects
 * until the build ends, so that copying it into a string keeps what the author wrote. Immutable, shared by copies.
 */
export class Scalar {
  readonly text: string;
  readonly value: unknown;

  constructor(text: string, value: unknown) {
    this.text = text;
    this.value = value;
  }
}

/**
 * A text that stands in several places of one object at once: what a label transformer creates in `metadata.labels`,
 * in selectors and in templates is one node in the original, and a later change of one place changes them all.
 */
export class SharedText extends Scalar {
  change(text: string, value: unknown = text): void {
    Object.assign(this, { text, value });
  }
}

/** A scalar whose text does not fit the type that it has to keep: an error unless something overwrites it. */
export class BrokenScalar extends Scalar {
  readonly problem: string;

  constructor(text: string, problem: string) {
    super(text, text);
    this.problem = problem;
  }
}

/** What a replacement made where nothing was: typed by its text, and anew by every text that replaces it. */
export class UntypedScalar extends Scalar {}

/** The YAML tag of a scalar: `!!str`, `!!int`, `!!float`, `!!bool`, `!!null` or `!!timestamp`. */
export function tagOf(scalar: unknown): string {
  const value = scalar instanceof Scalar ? scalar.value : scalar;
  if (value === null || value === undefined) return '!!null';
  if (typeof value === 'boolean') return '!!bool';
  if (typeof value === 'bigint') return '!!int';
  if (typeof value === 'number') {
    const text = textOf(scalar);
    return /^[-+]?(?:0x[0-9a-f_]+|[0-9ob_]+)$/i.test(text) && Number.isInteger(value) ? '!!int' : '!!float';
  }
  // The only texts that are kept apart from their value are dates.
  return scalar instanceof Scalar && !(scalar instanceof SharedText) ? '!!timestamp' : '!!str';
}

/** Types a plain scalar of a resource file (YAML 1.2-like rules); keeps the text where it would be lost. */
export function resolveResourceScalar(text: string): unknown {
  const value = resolveScalar(text, 'v3');
  if (value === text || value === null) return value;
  return textOf(value) === text ? value : new Scalar(text, value);
}

/** The text of a scalar as it stands in the source: what a replacement copies and a name reference compares. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value instanceof Scalar) return value.text;
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'number' && !Number.isSafeInteger(value)) return stringifyYaml(value).trimEnd();
  return String(value);
}

/** Replaces every {@link Scalar} in a value by its typed value, in place; returns the value to use. */
export function settleScalars(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof BrokenScalar) throw new KustomizeError('TRANSFORM_FAILED', value.problem);
  if (value instanceof Scalar) return value.value;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      const item: unknown = value[i];
      if (typeof item === 'object') value[i] = settleScalars(item);
    }
    return value;
  }
  const map = value as Record<string, unknown>;
  for (const key of Object.keys(map)) {
    const item = map[key];
    if (typeof item === 'object' && item !== null) map[key] = settleScalars(item);
  }
  return value;
}

export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Scalar);
}

/** True for strings, numbers, booleans and kept texts. */
export function isScalar(value: unknown): boolean {
  return value !== null && value !== undefined && !Array.isArray(value) && !isMap(value);
}

/** `ScalarNode`, `MappingNode` or `SequenceNode`, for messages. */
export function nodeKind(value: unknown): string {
  if (Array.isArray(value)) return 'SequenceNode';
  return isMap(value) ? 'MappingNode' : 'ScalarNode';
}

/** An own string member, read as text. Empty if absent or not a scalar. */
export function stringMember(object: unknown, key: string): string {
  if (!isMap(object) || !Object.hasOwn(object, key)) return '';
  const value = object[key];
  if (typeof value === 'string') return value;
  return value !== null && isScalar(value) ? textOf(value) : '';
}

/** An own member that is a map. */
export function mapMember(object: unknown, key: string): Record<string, unknown> | undefined {
  if (!isMap(object) || !Object.hasOwn(object, key)) return undefined;
  const value = object[key];
  return isMap(value) ? value : undefined;
}
