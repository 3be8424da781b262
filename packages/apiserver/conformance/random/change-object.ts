import type { OpenApiSchema } from '@fluvial/openapi';
import { definitionOf, type Fields, isFields, valuesOf } from './definition.ts';
import { generateKey, generateValue, type Making } from './generate-value.ts';
import { anyValues } from './odd-values.ts';

/** A field or an item that can be changed where it stands. */
interface Place {
  readonly schema: OpenApiSchema;
  /** As it is printed: `spec.ports[0].name`. */
  readonly path: string;
  /** Name of the field, or of the list's field. */
  readonly field: string;
  readonly value: unknown;
  set(value: unknown): void;
  remove(): void;
}

/** Fields of `metadata` that the server fills in, or that other objects' lives depend on. */
const serverMetadata = new Set([
  ...['managedFields', 'namespace', 'uid', 'resourceVersion', 'creationTimestamp', 'selfLink', 'ownerReferences'],
  ...['generation', 'deletionTimestamp', 'deletionGracePeriodSeconds'],
]);
const otherRootFields = new Set(['apiVersion', 'kind', 'status', 'metadata']);

/** Makes one random change in an object of a built-in kind, and says which: `spec.ports[0].name removed`. */
export function changeObject(making: Making, schema: OpenApiSchema, object: Fields): string {
  const { properties = {} } = definitionOf(schema).schema;
  const { metadata, ...rest } = properties;
  if (metadata !== undefined && making.random.chance(0.08))
    return changeAt(making, fieldPlace(object, 'metadata', metadata, ''));
  const own = Object.fromEntries(Object.entries(rest).filter(([name]) => !otherRootFields.has(name)));
  return changeMember(making, own, object, '', 0.9);
}

/** `deeper`: share of changes that go into what is there already. */
function changeMember(
  making: Making,
  properties: Readonly<Record<string, OpenApiSchema>>,
  object: Fields,
  path: string,
  deeper = 0.55,
): string {
  const { random } = making;
  const names = Object.keys(properties).filter((name) => path !== 'metadata' || !serverMetadata.has(name));
  const nested = names.filter((name) => typeof object[name] === 'object' && object[name] !== null);
  if (names.length === 0 || random.chance(0.02)) {
    object['unknownField'] = 1;
    return `${join(path, 'unknownField')} added`;
  }
  const name = random.pick(nested.length > 0 && random.chance(deeper) ? nested : names);
  return changeAt(making, fieldPlace(object, name, properties[name] ?? {}, path));
}

function changeAt(making: Making, place: Place): string {
  const { schema } = definitionOf(place.schema);
  const { value } = place;
  if (isFields(value) && schema.properties !== undefined && making.random.chance(0.96))
    return changeMember(making, schema.properties, value, place.path);
  if (Array.isArray(value) && value.length > 0 && schema.items !== undefined && making.random.chance(0.8))
    return changeList(making, schema.items, value, place);
  const values = valuesOf(schema);
  if (isFields(value) && values !== undefined && making.random.chance(0.8))
    return changeMap(making, values, value, place);
  return changeWhole(making, schema, place);
}

function changeList(making: Making, items: OpenApiSchema, list: unknown[], place: Place): string {
  const { random } = making;
  const roll = random.below(20);
  if (roll < 13) return changeAt(making, itemPlace(list, random.below(list.length), items, place));
  if (roll < 15) {
    list.push(structuredClone(random.pick(list)));
    return `${place.path} has an item twice`;
  }
  if (roll < 19) {
    list.push(generateValue(making, items, place.field, 1));
    return `${place.path} appended`;
  }
  list.reverse();
  return `${place.path} reversed`;
}

function changeMap(making: Making, values: OpenApiSchema, map: Fields, { path, field }: Place): string {
  const keys = Object.keys(map);
  const key = keys.length > 0 && making.random.chance(0.5) ? making.random.pick(keys) : generateKey(making, values);
  map[key] = generateValue(making, values, field, 2);
  return `${path}[${key}] set`;
}

function changeWhole(making: Making, schema: OpenApiSchema, place: Place): string {
  const { random } = making;
  const roll = random.below(100);
  if (roll < 15 && place.value !== undefined) {
    place.remove();
    return `${place.path} removed`;
  }
  if (roll < 19) {
    place.set(null);
    return `${place.path} null`;
  }
  if (roll < 23) {
    place.set(structuredClone(random.pick(anyValues)));
    return `${place.path} of any type`;
  }
  if (roll < 28) {
    place.set(emptyValue(schema));
    return `${place.path} empty`;
  }
  place.set(generateValue(making, place.schema, place.field));
  return `${place.path} generated`;
}

function emptyValue({ type, properties }: OpenApiSchema): unknown {
  if (type === 'array') return [];
  if (type === 'object' || properties !== undefined) return {};
  return type === 'string' ? '' : 0;
}

function fieldPlace(object: Fields, name: string, schema: OpenApiSchema, path: string): Place {
  return {
    schema,
    path: join(path, name),
    field: name,
    value: object[name],
    set(value) {
      object[name] = value;
    },
    remove() {
      delete object[name];
    },
  };
}

function itemPlace(list: unknown[], index: number, schema: OpenApiSchema, { path, field }: Place): Place {
  return {
    schema,
    path: `${path}[${index}]`,
    field,
    value: list[index],
    set(value) {
      list[index] = value;
    },
    remove() {
      list.splice(index, 1);
    },
  };
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}
