import { forbidden } from '../errors.ts';
import { type Exchange, sendJson } from '../http/exchange.ts';
import type { KubeObject } from '../types.ts';
import type { ApiContext } from './api-context.ts';
import { deleteOptions } from './delete-options.ts';
import { inNamespace, selectionOf } from './list.ts';
import { parseListOptions } from './list-options.ts';
import type { DeleteOptions, ObjectWriter, Target } from './object-writer.ts';
import { objectOf } from './render.ts';
import { qualified } from './resource.ts';

const IMMORTAL = new Set(['default', 'kube-system', 'kube-public']);

export interface Deletion {
  one(exchange: Exchange, target: Target): Promise<void>;
  /** All that the query selects. */
  collection(exchange: Exchange, target: Target): Promise<void>;
}

async function optionsOf(exchange: Exchange): Promise<DeleteOptions> {
  const warn = (text: string) => void exchange.warnings.push(text);
  return { ...(await deleteOptions(exchange)), user: exchange.user, warn };
}

/** Answers DELETE. `answer` sends an object as the client wants it. */
export function createDeletion(
  api: ApiContext,
  writer: ObjectWriter,
  answer: (exchange: Exchange, code: number, target: Target, object: KubeObject) => void,
): Deletion {
  return { one: deleteObject, collection: deleteCollection };

  async function deleteObject(exchange: Exchange, target: Target): Promise<void> {
    const options = await optionsOf(exchange);
    const { resource } = target;
    if (resource.group === '' && resource.plural === 'namespaces' && IMMORTAL.has(target.name)) {
      throw forbidden(qualified(resource), target.name, 'this namespace may not be deleted');
    }
    const { object, gone } = writer.delete(target, options);
    if (gone && target.served.strategy.returnsDeleted !== true) {
      const details = {
        name: target.name,
        ...(resource.group === '' ? {} : { group: resource.group }),
        kind: resource.plural,
        uid: object.metadata.uid,
      };
      sendJson(
        exchange,
        200,
        JSON.stringify({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details }),
      );
      return;
    }
    answer(exchange, 200, target, object);
  }

  async function deleteCollection(exchange: Exchange, target: Target): Promise<void> {
    parseListOptions(exchange.query, false);
    const options = await optionsOf(exchange);
    const { resource, served } = target;
    const selection = selectionOf(target, exchange.query);
    const chosen = resource.bucket
      .list()
      .filter(
        (stored) =>
          inNamespace(selection.namespace, stored.key) &&
          (selection.matches === undefined || selection.matches(stored)),
      );
    const items: object[] = [];
    for (const stored of chosen) {
      const { namespace = '', name } = stored.object.metadata;
      // The answer shows them as they were found.
      const found = objectOf(served, stored);
      writer.delete({ ...target, namespace, name: name! }, { ...options, isCollection: true });
      const { kind: _kind, apiVersion: _apiVersion, ...untyped } = found;
      items.push(resource.custom ? found : untyped);
    }
    sendJson(
      exchange,
      200,
      JSON.stringify({
        kind: resource.listKind,
        apiVersion: served.apiVersion,
        metadata: { resourceVersion: String(api.store.revision) },
        items,
      }),
    );
  }
}
