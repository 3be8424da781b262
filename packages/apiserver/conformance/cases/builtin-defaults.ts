import { APPLY_PATCH, type Case, type Group } from '../lib/case.ts';
import { manifests } from './builtin-manifests/all.ts';
import type { Manifest } from './builtin-manifests/manifest.ts';

/**
 * What the server makes of a manifest: as it is created, and as a dry run of a forced apply of the same manifest leaves
 * it. The apply's status is left out, since controllers may or may not have been at work by then.
 */
function defaultsOf({ name, collection, object, namespaced }: Manifest): Case {
  const path = `${collection}/${object.metadata.name}`;
  return {
    name,
    async run(session) {
      const created = await session.http('POST', collection, { body: object });
      if (created.status !== 201) return;
      const url = `${path}?fieldManager=applier&force=true&dryRun=All`;
      const { status, body } = await session.http('PATCH', url, { type: APPLY_PATCH, body: object, unrecorded: true });
      const { annotations, managedFields, generation, resourceVersion, ...metadata } = body.metadata ?? {};
      session.record(`APPLY ${path}`, {
        status,
        ...body,
        metadata: { ...metadata, generationKept: generation === created.body.metadata.generation },
        ...(body.kind === 'Status' ? {} : { status: undefined }),
        owners: ownersOf(managedFields),
      });
      if (!namespaced) await session.http('DELETE', path, { unrecorded: true });
    },
  };
}

interface Entry {
  readonly manager: string;
  readonly operation: string;
  readonly subresource?: string;
  readonly fieldsV1: unknown;
}

function ownersOf(entries: readonly Entry[] = []): unknown {
  return entries
    .filter(({ subresource, manager }) => subresource !== 'status' && !manager.startsWith('kube-'))
    .map(({ manager, operation, fieldsV1 }) => ({ manager, operation, fieldsV1 }));
}

/** Defaults of the built-in kinds, kind by kind. */
export const builtinDefaults: Group = { name: 'builtin-defaults', cases: manifests.map(defaultsOf) };
