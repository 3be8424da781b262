import { createHash } from 'node:crypto';
import { cloneJson, stringifyJson } from '@fluvial/yaml';
import type { Resource } from '../resource.ts';
import { isMap, settleScalars } from '../scalar.ts';
import type { KObject } from '../types.ts';

const LETTERS: Readonly<Record<string, string>> = { '0': 'g', '1': 'h', '3': 'k', a: 'm', e: 't' };

/**
 * The suffix that stands for an object's content: the first ten hex digits of a SHA-256 over JSON as Go prints it,
 * some digits replaced by letters that spell no words. Of ConfigMaps and Secrets only data, kind and type count.
 */
export function nameHash(object: KObject): string {
  const json = stringifyJson(hashed(object), { sortKeys: true, escapeHtml: true });
  const hex = createHash('sha256').update(json).digest('hex').slice(0, 10);
  return hex.replace(/[013ae]/g, (digit) => LETTERS[digit] as string);
}

/** Renames a resource that wants a suffix. */
export function addHash(resource: Resource): void {
  if (!resource.needsHash) return;
  const hash = nameHash(settleScalars(cloneJson(resource.object)) as KObject); // annotations keep their texts
  resource.remember();
  resource.name = `${resource.name}-${hash}`;
}

function hashed(object: KObject): unknown {
  const data = isMap(object.data) ? object.data : '';
  if (object.kind === 'ConfigMap') {
    return {
      kind: 'ConfigMap',
      name: '',
      data,
      ...(isMap(object.binaryData) ? { binaryData: object.binaryData } : {}),
    };
  }
  if (object.kind === 'Secret') {
    return {
      kind: 'Secret',
      type: object.type ?? '',
      name: '',
      data,
      ...(isMap(object.stringData) ? { stringData: object.stringData } : {}),
    };
  }
  return object;
}
