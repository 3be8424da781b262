import { type CelMap, celMap } from '@bufbuild/cel';

// Values of types that CEL itself does not have (quantities, addresses, optionals) are maps under the hood: what makes two
// of them equal is an entry, the rest hangs on the map's identity.

const payloads = new WeakMap<CelMap, { readonly kind: string; readonly data: unknown }>();
const kindKey = '\u0000kind';

/** Makes a value of a kind; two are equal when kind and `identity` are. */
export function opaque(kind: string, identity: ReadonlyMap<string, unknown>, data: unknown): CelMap {
  const map = celMap(new Map([[kindKey, kind], ...identity]) as ReadonlyMap<string, string>);
  payloads.set(map, { kind, data });
  return map;
}

/** What a value of a kind holds, or undefined when it is of another. */
export function payload<T>(kind: string, value: unknown): T | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const found = payloads.get(value as CelMap);
  return found?.kind === kind ? (found.data as T) : undefined;
}
