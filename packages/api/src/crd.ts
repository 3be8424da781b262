import type { JsonSchema } from '@fluvial/schema';
import type { KindDefinition, KindVersion } from './define-kind.ts';
import { kinds } from './kinds.ts';

/** A CustomResourceDefinition of ours. */
export type CustomResourceDefinition = {
  apiVersion: 'apiextensions.k8s.io/v1';
  kind: 'CustomResourceDefinition';
  metadata: { name: string; annotations: { [name: string]: string } };
  spec: {
    group: string;
    names: {
      categories: string[];
      kind: string;
      listKind: string;
      plural: string;
      shortNames?: string[];
      singular: string;
    };
    scope: 'Namespaced';
    versions: CrdVersion[];
  };
};

/** One entry of `spec.versions`. */
export type CrdVersion = {
  name: string;
  served: true;
  storage: boolean;
  deprecated?: true;
  deprecationWarning?: string;
  additionalPrinterColumns: { name: string; type: string; jsonPath: string; description?: string }[];
  schema: { openAPIV3Schema: JsonSchema };
  /** Empty for kinds that report nothing. */
  subresources: { status?: Record<string, never> };
};

const apiVersionField: JsonSchema = {
  description: 'Group and version of the object’s schema.',
  type: 'string',
};
const kindField: JsonSchema = { description: 'Kind of the object.', type: 'string' };

/** The whole schema of one version: type, metadata, spec and status. */
export function schemaOfVersion(definition: KindDefinition, version: KindVersion): JsonSchema {
  return {
    description: definition.description,
    properties: {
      apiVersion: apiVersionField,
      kind: kindField,
      metadata: { type: 'object' },
      spec: version.spec.json,
      ...(version.status === undefined ? {} : { status: version.status.json }),
    },
    type: 'object',
  };
}

/**
 * The CRD of a kind: every version served, the newest stored, the others deprecated with a warning.
 *
 * The annotation keeps variable substitution away from the `${…}` in descriptions when the CRD itself is applied by a
 * Kustomization.
 */
export function crdOf(definition: KindDefinition): CustomResourceDefinition {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${definition.plural}.${definition.group}`,
      annotations: { 'kustomize.toolkit.fluxcd.io/substitute': 'disabled' },
    },
    spec: {
      group: definition.group,
      names: {
        categories: [...definition.categories],
        kind: definition.kind,
        listKind: `${definition.kind}List`,
        plural: definition.plural,
        ...(definition.shortNames.length > 0 ? { shortNames: [...definition.shortNames] } : {}),
        singular: definition.singular,
      },
      scope: 'Namespaced',
      versions: definition.versions.map((version, index) => crdVersion(definition, version, index)),
    },
  };
}

function crdVersion(definition: KindDefinition, version: KindVersion, index: number): CrdVersion {
  const newest = definition.versions[0];
  const old = index > 0 && newest !== undefined;
  return {
    name: version.name,
    served: true,
    storage: !old,
    ...(old
      ? {
          deprecated: true as const,
          deprecationWarning: `${version.name} ${definition.kind} is deprecated, upgrade to ${newest.name}`,
        }
      : {}),
    additionalPrinterColumns: version.columns.map((column) => ({ ...column })),
    schema: { openAPIV3Schema: schemaOfVersion(definition, version) },
    subresources: version.status === undefined ? {} : { status: {} },
  };
}

/** Every CRD, built from the definitions; new objects with each call. */
export function allCrds(): CustomResourceDefinition[] {
  return kinds.map(crdOf);
}
