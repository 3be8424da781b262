import { UsageError } from './flags.ts';

/** The gates of an app with their defaults. */
export type FeatureGates = Readonly<Record<string, boolean>>;

/**
 * Reads `--feature-gates` (`Name=true,Other=false`) over the defaults.
 *
 * @throws {UsageError} a gate that the app does not have, or a value that is no boolean
 */
export function parseFeatureGates<G extends FeatureGates>(
  text: string,
  defaults: G,
): { readonly [K in keyof G]: boolean } {
  const gates: Record<string, boolean> = { ...defaults };
  for (const part of text.split(',')) {
    if (part.trim() === '') continue;
    const equals = part.indexOf('=');
    const name = (equals < 0 ? part : part.slice(0, equals)).trim();
    const value = equals < 0 ? '' : part.slice(equals + 1).trim();
    if (!Object.hasOwn(defaults, name)) throw new UsageError(`feature-gate '${name}' not supported`);
    if (!/^(true|false)$/i.test(value)) throw new UsageError(`invalid value of ${name}=${value}, must be a bool`);
    gates[name] = value.toLowerCase() === 'true';
  }
  return gates as { readonly [K in keyof G]: boolean };
}
