import { cloneJson, stringifyYaml } from '@fluvial/yaml';
import { nodeKind, settleScalars } from './scalar.ts';

/** Says that a node is of another kind than it has to be, in the original's words. */
export function wrongKindText(expected: string, node: unknown): string {
  const contents = stringifyYaml(settleScalars(cloneJson(node)), { sortKeys: false });
  return `wrong node kind: expected ${expected} but got ${nodeKind(node)}: node contents:\n${contents}`;
}
