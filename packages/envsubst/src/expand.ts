/** Gives a variable's value, or `undefined` if it is not set. */
export type Lookup = (name: string) => string | undefined;

export interface ExpandOptions {
  /** An unset variable without a default operator is an error. Default false: it is empty. */
  readonly strict?: boolean;
  /** Deepest nesting of `${…${…}…}`. Default 100. */
  readonly maxDepth?: number;
  /** Longest result in UTF-16 units. Default 64 Mi. */
  readonly maxLength?: number;
}

/**
 * Replaces `${…}` in a text.
 *
 * @throws {EnvsubstError}
 */
export function expand(text: string, _lookup: Lookup, _options: ExpandOptions = {}): string {
  return text;
}
