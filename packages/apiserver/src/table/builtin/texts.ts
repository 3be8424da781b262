import { asArray, asObject, asString, asStringMap } from '../../json.ts';
import { printLabelSelector } from '../../rest/selectors.ts';
import type { KubeObject } from '../../types.ts';
import type { Cell } from '../cells.ts';

/** The cells of an object besides its name and age, by column. */
export type Cells = (object: KubeObject, now: Date) => { [column: string]: Cell };

export const NONE = '<none>';
export const UNSET = '<unset>';

export function count(value: unknown): number {
  return Object.keys(asObject(value)).length;
}

export function orNone(value: unknown): string {
  return value === undefined || value === null || value === '' ? NONE : String(value);
}

/** Names and images of a pod template's containers, for wide output. */
export function containers(podSpec: unknown): { Containers: string; Images: string } {
  const list = asArray(asObject(podSpec)['containers']).map(asObject);
  return {
    Containers: list.map((c) => asString(c['name'])).join(','),
    Images: list.map((c) => asString(c['image'])).join(','),
  };
}

export function selector(value: unknown): string {
  return printLabelSelector(value) || NONE;
}

export function mapSelector(value: unknown): string {
  const text = Object.entries(asStringMap(value))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([k, v]) => `${k}=${v}`)
    .join(',');
  return text === '' ? NONE : text;
}
