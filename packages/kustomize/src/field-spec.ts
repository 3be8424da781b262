import { type Gvk, isSelected } from './id.ts';
import { isMap, Scalar } from './scalar.ts';
import { nullText } from './written.ts';
import { wrongKindText } from './wrong-kind.ts';

/** Names a field of objects of certain kinds. Empty selector parts fit anything. */
export interface FieldSpec extends Gvk {
  /** Segments between `/`; `name[]` as written. */
  readonly segments: readonly string[];
  /** The path as written. */
  readonly path: string;
  /** Create the field when it is missing. */
  readonly create: boolean;
}

/** Splits a path at `/`; a leading slash is ignored, `\/` is a slash. */
export function splitPath(path: string): string[] {
  const text = path.startsWith('/') ? path.slice(1) : path;
  if (!text.includes('\\')) return text.split('/');
  return text.split(/(?<!\\)\//).map((segment) => segment.replaceAll('\\/', '/'));
}

export function fieldSpec(
  path: string,
  options: { group?: string; version?: string; kind?: string; create?: boolean } = {},
): FieldSpec {
  return {
    group: options.group ?? '',
    version: options.version ?? '',
    kind: options.kind ?? '',
    path,
    segments: splitPath(path),
    create: options.create ?? false,
  };
}

/** Changes the value found; what it returns is written back. */
export type Change = (value: unknown, map: Record<string, unknown>, key: string) => unknown;

/** What a field has to be; a missing `map` is made as an empty one. `any` leaves nulls alone. */
export type LastKind = 'map' | 'scalar' | 'any';

/** Raised by {@link changeField} when the path meets a scalar too early. */
export class PathError extends Error {}

/**
 * Visits the field that a spec names (a null that stands there as a {@link Scalar}). Lists on the way are gone through element by element. With `create`, missing
 * maps and a missing last field (value `undefined`) are made, except behind `name[]`.
 */
export function changeField(object: unknown, spec: FieldSpec, change: Change, lastKind: LastKind): void {
  visit(object, spec.segments, 0, spec.create, change, lastKind);
}

function visit(
  node: unknown,
  segments: readonly string[],
  at: number,
  create: boolean,
  change: Change,
  lastKind: LastKind,
): void {
  if (Array.isArray(node)) {
    for (let i = 0; i < node.length; i++) {
      if (node[i] === null) continue;
      try {
        visit(node[i], segments, at, create, change, lastKind);
      } catch (error) {
        if (!(error instanceof PathError)) throw error;
        throw new PathError(`visit traversal on path: [${segments.slice(at).join(' ')}]: ${error.message}`);
      }
    }
    return;
  }
  if (node === null) return;
  if (!isMap(node)) throw new PathError('expected sequence or mapping node');
  const raw = segments[at] as string;
  const isList = raw.endsWith('[]');
  const key = isList ? raw.slice(0, -2) : raw;
  const last = at === segments.length - 1;
  const canCreate = create && !isList;
  let value: unknown = Object.hasOwn(node, key) ? node[key] : undefined;
  if (value === null && last && lastKind === 'scalar') value = new Scalar(nullText(node, key), null);
  if (value === undefined || value === null) {
    if (!canCreate) return;
    if (last) {
      const next = change(lastKind === 'map' ? {} : undefined, node, key);
      if (next !== undefined) node[key] = next;
      return;
    }
    value = {};
    node[key] = value;
  }
  if (!last) {
    visit(value, segments, at + 1, create && !isList ? true : create, change, lastKind);
    return;
  }
  if (lastKind === 'scalar' && !isPlain(value)) throw new PathError(wrongKindText('ScalarNode', value));
  const next = change(value, node, key);
  if (next !== value) node[key] = next as never;
  else if (value instanceof Scalar && value.value === null) node[key] = null;
}

/** Field specs indexed by kind, for one kind of transformer. */
export class FieldSpecs {
  readonly specs: readonly FieldSpec[];
  private readonly byKind = new Map<string, FieldSpec[]>();
  private readonly any: FieldSpec[] = [];

  constructor(specs: readonly FieldSpec[]) {
    this.specs = specs;
    for (const spec of specs) {
      if (spec.kind === '') this.any.push(spec);
    }
    for (const spec of specs) {
      if (spec.kind === '' || this.byKind.has(spec.kind)) continue;
      this.byKind.set(
        spec.kind,
        specs.filter((other) => other.kind === '' || other.kind === spec.kind),
      );
    }
  }

  /** The specs that select a Gvk, in listed order. */
  for(gvk: Gvk): readonly FieldSpec[] {
    const candidates = this.byKind.get(gvk.kind) ?? this.any;
    if (candidates.every((spec) => isSelected(gvk, spec))) return candidates;
    return candidates.filter((spec) => isSelected(gvk, spec));
  }
}

/** True for what a scalar setter may overwrite. */
export function isPlain(value: unknown): boolean {
  return !isMap(value) && !Array.isArray(value) && (value instanceof Scalar || typeof value !== 'object');
}
