import { type CelFunc, CelScalar, type CelValue, celFunc, celList, isCelMap, listType, mapType } from '@bufbuild/cel';
import { spend } from '../budget.ts';
import { fromPairsFunction, mergeFunction, pairsFunction } from '../two-variable-macros.ts';

const { DYN } = CelScalar;
const LIST = listType(DYN);
const MAP = mapType(DYN, DYN);

function addEntry(map: Map<string, CelValue>, key: CelValue, value: CelValue): void {
  if (map.has(key as string)) throw new Error(`insert failed: key ${String(key)} already exists`);
  map.set(key as string, value);
}

/** What macros with two variables expand to. */
export const pairs: CelFunc[] = [
  celFunc(pairsFunction, [LIST], LIST, (list) => {
    spend(list.size);
    return celList([...list].map((item, i) => celList([BigInt(i), item])));
  }),
  celFunc(pairsFunction, [MAP], LIST, (map) => {
    spend(map.size);
    return celList([...map].map(([key, value]) => celList([key, value])));
  }),
  celFunc(fromPairsFunction, [LIST], MAP, (list) => {
    const out = new Map<string, CelValue>();
    for (const pair of list) {
      const [key = null, value = null] = pair as Iterable<CelValue>;
      addEntry(out, key, value);
    }
    return out;
  }),
  celFunc(mergeFunction, [LIST], MAP, (list) => {
    const out = new Map<string, CelValue>();
    for (const map of list) {
      if (!isCelMap(map)) throw new Error('no such overload');
      for (const [key, value] of map) addEntry(out, key, value);
    }
    return out;
  }),
];
