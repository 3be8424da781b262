import { isObject } from '../../json.ts';
import { type Node, nodeOfDefinition } from './nodes.ts';

/** Cuts whole numbers off to the bits of their fields, in place, as Go's conversion from `int64` does. */
export function wrapIntegers(definition: string, object: unknown): void {
  wrap(nodeOfDefinition(definition), object);
}

function wrap(node: Node, value: unknown): unknown {
  switch (node.kind) {
    case 'object':
      if (isObject(value))
        for (const [name, field] of node.fields)
          if (Object.hasOwn(value, name)) value[name] = wrap(field.node, value[name]);
      return value;
    case 'map':
      if (isObject(value)) for (const key in value) value[key] = wrap(node.value, value[key]);
      return value;
    case 'list':
      if (Array.isArray(value)) for (let i = 0; i < value.length; i++) value[i] = wrap(node.item, value[i]);
      return value;
    case 'integer':
      if (node.bits !== 32) return value;
      if (typeof value === 'bigint') return Number(BigInt.asIntN(32, value));
      return Number.isInteger(value) ? (value as number) | 0 : value;
    default:
      return value;
  }
}
