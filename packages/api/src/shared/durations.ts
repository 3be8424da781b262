import { type Schema, string } from '../schema-builder.ts';

/** Go duration text in hours, minutes, seconds and milliseconds: `1h30m`. */
export const intervalPattern = '^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$';

/** The same without hours: a fetch that takes an hour is a hang. */
export const timeoutPattern = '^([0-9]+(\\.[0-9]+)?(ms|s|m))+$';

/** A duration that may be hours long. */
export function interval(description: string, rules: { default?: string } = {}): Schema<string> {
  return string(description, { pattern: intervalPattern, ...rules });
}

/** A duration below an hour's unit. */
export function timeout(description: string, rules: { default?: string } = {}): Schema<string> {
  return string(description, { pattern: timeoutPattern, ...rules });
}

/** A duration as the oldest versions took it: any text. */
export function looseDuration(description: string, rules: { default?: string } = {}): Schema<string> {
  return string(description, rules);
}
