import { goJson } from '@fluvial/go-text';
import { type StructOrder, structOrder } from '../builtin/decode/struct-order.ts';
import { isObject } from '../json.ts';
import type { Patch } from './read-patch.ts';

/** What a patch reaches, by the steps of its paths; a leaf is where it writes. */
interface Reach {
  readonly [step: string]: Reach | undefined;
}

/**
 * How an error quotes what a patch made: a strategic patch as Go's `%+v` of itself, others as the JSON of the object.
 * Objects that the patch went through are maps there, with their keys in order; the rest is as Go's structs are declared.
 *
 * @param definition Of the object's kind; undefined for custom resources, which are maps all the way down.
 */
export function printPatched(
  patch: Patch,
  next: { readonly [key: string]: unknown },
  definition: string | undefined,
): string {
  if (patch.type === 'strategic') return printGoMap(patch.patch);
  if (definition === undefined) return goJson(next);
  const reach = patch.type === 'merge' ? reachOfMerge(patch.patch) : reachOfOperations(patch.operations);
  return JSON.stringify(print(next, reach, structOrder(definition)));
}

function print(value: unknown, reach: Reach | undefined, order: StructOrder): unknown {
  if (reach === undefined) return order.arrange(value);
  if (Array.isArray(value))
    return value.map((item, index) =>
      Object.hasOwn(reach, String(index)) ? print(item, reach[index], order.field('')) : order.field('').arrange(item),
    );
  if (!isObject(value)) return value;
  const keys = Object.keys(value).sort();
  return Object.fromEntries(
    keys.map((key) => [
      key,
      Object.hasOwn(reach, key)
        ? print(value[key], reach[key], order.field(key))
        : order.field(key).arrange(value[key]),
    ]),
  );
}

function reachOfMerge(patch: { readonly [key: string]: unknown }): Reach {
  return Object.fromEntries(
    Object.entries(patch).map(([key, value]) => [key, isObject(value) ? reachOfMerge(value) : undefined]),
  );
}

function reachOfOperations(operations: readonly { readonly [key: string]: unknown }[]): Reach {
  const reach: { [step: string]: Reach | undefined } = {};
  for (const { path } of operations) {
    let at = reach;
    const steps = String(path).split('/').slice(1);
    steps.forEach((step, index) => {
      if (index === steps.length - 1) {
        if (!Object.hasOwn(at, step)) at[step] = undefined;
        return;
      }
      const inner = (Object.hasOwn(at, step) ? at[step] : undefined) ?? {};
      at[step] = inner;
      at = inner as { [step: string]: Reach | undefined };
    });
  }
  return reach;
}

function printGoMap(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(printGoMap).join(' ')}]`;
  if (isObject(value)) {
    const keys = Object.keys(value).sort();
    return `map[${keys.map((key) => `${key}:${printGoMap(value[key])}`).join(' ')}]`;
  }
  return value === null ? '<nil>' : String(value);
}
