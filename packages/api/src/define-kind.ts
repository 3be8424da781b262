import type { Infer, Schema } from './schema-builder.ts';
import type { ObjectMeta } from './shared/metadata.ts';

/** One column that `kubectl get` prints besides the name. */
export type PrinterColumn = {
  readonly name: string;
  readonly type: 'string' | 'date' | 'integer' | 'boolean';
  readonly jsonPath: string;
  readonly description?: string;
};

/** One served version of a kind. */
export type KindVersion = {
  readonly name: string;
  readonly spec: Schema<unknown>;
  /** Absent for kinds that report nothing. */
  readonly status?: Schema<unknown>;
  readonly columns: readonly PrinterColumn[];
};

/** Everything that names a kind and describes its versions, newest first; the newest is the stored one. */
export type KindDefinition = {
  readonly group: string;
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly description: string;
  readonly versions: readonly KindVersion[];
};

type KindInput = {
  group: string;
  kind: string;
  plural: string;
  shortNames: readonly string[];
  category: 'fluxcd-sources' | 'fluxcd-appliers' | 'fluxcd-notifications' | 'fluxcd-images';
  description: string;
  versions: readonly [KindVersion, ...KindVersion[]];
};

/** Describes a kind once; its type, CRD, defaults and validation all follow from the result. */
export function defineKind(input: KindInput): KindDefinition {
  const { category, ...names } = input;
  return { ...names, singular: input.kind.toLowerCase(), categories: ['all', 'fluxcd', category] };
}

/** The object type of one version of a kind. */
export type ObjectOfKind<
  V extends string,
  K extends string,
  Spec extends Schema<unknown>,
  Status extends Schema<unknown>,
> = {
  apiVersion: V;
  kind: K;
  metadata: ObjectMeta;
  spec: Infer<Spec>;
  status?: Infer<Status>;
};

/** The object type of a kind that reports nothing. */
export type ObjectOfPlainKind<K extends string, Spec extends Schema<unknown>> = {
  apiVersion: string;
  kind: K;
  metadata: ObjectMeta;
  spec: Infer<Spec>;
};

const readyJsonPath = '.status.conditions[?(@.type=="Ready")]';

/** The columns that most kinds share. */
export const columns = {
  age: { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  ready: { name: 'Ready', type: 'string', jsonPath: `${readyJsonPath}.status` },
  status: { name: 'Status', type: 'string', jsonPath: `${readyJsonPath}.message` },
  url: { name: 'URL', type: 'string', jsonPath: '.spec.url' },
} as const satisfies Record<string, PrinterColumn>;

/** A text column. */
export function textColumn(name: string, jsonPath: string): PrinterColumn {
  return { name, type: 'string', jsonPath };
}

/** The same columns with the age at the end, where the oldest versions had it. */
export function ageLast(shown: readonly PrinterColumn[]): PrinterColumn[] {
  return [...shown.filter((column) => column !== columns.age), columns.age];
}
