import { cloneJson, compareBytes } from '@fluvial/yaml';
import type { Accumulator } from './accumulator.ts';
import { lookup, splitFieldPath } from './field-path.ts';
import { PathError } from './field-spec.ts';
import { parseApiVersion, type ResId } from './id.ts';
import type { VarSpec } from './kustomization.ts';
import type { Resource } from './resource.ts';
import { isMap, isScalar, Scalar, SharedText, textOf } from './scalar.ts';
import { changeResource, indexed } from './transform/metadata.ts';
import { KustomizeError } from './types.ts';

/** Replaces `$(NAME)` in the var-reference fields by what the collected vars point at. @throws {KustomizeError} */
export function resolveVars(accumulator: Accumulator, warn: (text: string) => void): void {
  if (accumulator.vars.length === 0) return;
  const values = new UsedValues();
  for (const entry of accumulator.vars) values.set(entry.name ?? '', readVar(accumulator, entry));
  const index = indexed(accumulator.config.varReference);
  for (const resource of accumulator.resources) {
    for (const spec of index.for(resource.gvk)) {
      changeResource(resource, { ...spec, create: false }, (value) => expandValue(value, values), 'any');
    }
  }
  const unused = [...values.keys()].filter((name) => !values.used.has(name)).sort(compareBytes);
  if (unused.length > 0) warn(`well-defined vars that were never replaced: ${unused.join(',')}`);
}

/** Values by name, and which of them were asked for. */
class UsedValues extends Map<string, unknown> {
  readonly used = new Set<string>();

  override get(name: string): unknown {
    this.used.add(name);
    return super.get(name);
  }
}

/** Ties each var to the one resource that it names now, at the level that defines it. @throws {KustomizeError} */
export function bindVars(resources: readonly Resource[], vars: readonly VarSpec[]): void {
  for (const entry of vars) {
    const { objref } = entry;
    const { group, version } = objref?.apiVersion
      ? parseApiVersion(objref.apiVersion)
      : { group: objref?.group ?? '', version: objref?.version ?? '' };
    const fits = (id: ResId): boolean =>
      id.group === group &&
      id.version === version &&
      id.kind === (objref?.kind ?? '') &&
      id.name === (objref?.name ?? '') &&
      (!objref?.namespace || (id.namespace || 'default') === objref.namespace);
    const matches = resources.filter((resource) => resource.ids().some(fits));
    if (matches.length > 1) {
      fail(`found ${matches.length} resId matches for var ${describeVar(entry, '')} (unable to disambiguate)`);
    }
    matches[0]?.vars.push(entry.name ?? '');
  }
}

function readVar(accumulator: Accumulator, entry: VarSpec): unknown {
  const resource = accumulator.resources.find((candidate) => candidate.vars.includes(entry.name ?? ''));
  if (resource === undefined) {
    return fail(`var '${describeVar(entry)}' cannot be mapped to a field in the set of known resources`);
  }
  const path = entry.fieldref?.fieldPath || 'metadata.name';
  const segments = splitFieldPath(path).flatMap((segment) => segment.split(/[[\]]/).filter((part) => part !== ''));
  const value = lookup(resource.object, segments);
  if (value === undefined) {
    return fail(`field specified in var '${describeVar(entry)}' not found in corresponding resource`);
  }
  return value;
}

function describeVar(entry: VarSpec, path = 'metadata.name'): string {
  const { objref } = entry;
  const { group, version } = objref?.apiVersion
    ? parseApiVersion(objref.apiVersion)
    : { group: objref?.group ?? '', version: objref?.version ?? '' };
  const gvk = `${objref?.kind || '[noKind]'}.${version || '[noVer]'}.${group || '[noGrp]'}`;
  return `{${entry.name} ${gvk} {${entry.fieldref?.fieldPath || path}}}`;
}

/** The vars of a kustomization, for messages. */
export function describeVars(vars: readonly VarSpec[]): string {
  const texts = vars.map((entry) => {
    const { kind, group, version } = entry.objref ?? {};
    return `{${entry.name} ${kind || '[noKind]'}.${version || '[noVer]'}.${group || '[noGrp]'} {${entry.fieldref?.fieldPath ?? ''}}}`;
  });
  return `[${texts.join(' ')}]`;
}

function fail(message: string): never {
  throw new KustomizeError('TRANSFORM_FAILED', message);
}

function expandValue(value: unknown, values: ReadonlyMap<string, unknown>): unknown {
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      const item: unknown = value[i];
      if (
        !isScalar(item) ||
        (typeof item !== 'string' && !(item instanceof Scalar && typeof item.value === 'string'))
      ) {
        throw new PathError('invalid value type expect a string');
      }
      if (typeof item === 'string') value[i] = expandText(item, values);
    }
    return value;
  }
  if (isMap(value)) {
    for (const key of Object.keys(value)) {
      const item = value[key];
      if (typeof item === 'string') value[key] = expandText(item, values);
      else if (item instanceof SharedText) {
        const next = expandText(item.text, values);
        if (isScalar(next)) item.change(textOf(next));
      }
    }
    return value;
  }
  return typeof value === 'string' ? expandText(value, values) : value;
}

const REFERENCE = /\$(?:\$|\(([^()]*)\))/g;

/** A text that is one reference takes the value with its type. */
function expandText(text: string, values: ReadonlyMap<string, unknown>): unknown {
  if (!text.includes('$')) return text;
  const whole = /^\$\(([^()]*)\)$/.exec(text);
  if (whole !== null) {
    const name = whole[1] as string;
    return values.has(name) ? cloneJson(values.get(name)) : text;
  }
  return text.replace(REFERENCE, (match, name: string | undefined) => {
    if (name === undefined) return '$';
    if (!values.has(name)) return match;
    const value = values.get(name);
    return isScalar(value) ? textOf(value) : match;
  });
}
