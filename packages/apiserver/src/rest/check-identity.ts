import { badRequest, StatusError } from '../errors.ts';
import { asString } from '../json.ts';
import type { KubeObject } from '../types.ts';
import { keyOf, type Target } from './object-writer.ts';

/** A replacement is of the object that the path names. @throws {StatusError} 400 */
export function checkName(object: KubeObject, { resource, name, namespace }: Target): void {
  const given = asString(object.metadata.name);
  if (given === '') {
    throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`);
  }
  if (given !== name)
    throw badRequest(`the name of the object (${given}) does not match the name on the URL (${name})`);
  const where = asString(object.metadata.namespace);
  if (resource.namespaced && where !== '' && where !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
}

/** And of the same life of it. @throws {StatusError} 409 */
export function checkUid(target: Target, object: KubeObject, current: KubeObject): void {
  const uid = asString(object.metadata.uid);
  if (uid === '' || uid === current.metadata.uid) return;
  throw new StatusError(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${target.resource.plural}${target.resource.group === '' ? '' : `.${target.resource.group}`} "${target.name}": StorageError: invalid object, Code: 4, Key: /registry/${target.resource.group === '' || !target.resource.custom ? '' : `${target.resource.group}/`}${target.resource.plural}/${keyOf(target.resource, target.namespace, target.name)}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${uid}, UID in object meta: ${current.metadata.uid}`,
    {
      name: target.name,
      ...(target.resource.group === '' ? {} : { group: target.resource.group }),
      kind: target.resource.plural,
    },
  );
}
