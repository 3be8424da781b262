import { applyJsonPatch, applyMergePatch, applyServerSide, applyStrategicMergePatch } from '@fluvial/structured-merge';
import { badRequest, conflict, internalError, invalid, STALE_VERSION, StatusError } from '../errors.ts';
import { invalidValue } from '../field-errors.ts';
import { asNumber, asObject, asString, cloneJson, dig, isObject } from '../json.ts';
import type { JsonObject, KubeObject } from '../types.ts';
import { mediaTypeOf, parseJsonText, parseYamlBody } from './body.ts';
import type { Target } from './object-writer.ts';
import { qualified, type ScaleMapping } from './resource.ts';
import { printLabelSelector } from './selectors.ts';

export interface ScaleObject extends KubeObject {
  spec: { replicas?: number };
}

const split = (path: string): string[] => path.replace(/^\./, '').split('.');

/**
 * The scale of an object: `autoscaling/v1`.
 *
 * @param toWrite Replicas that a custom resource does not have yet are none.
 * @throws {StatusError} 500 where they are asked for.
 */
export function readScale(mapping: ScaleMapping, parent: KubeObject, toWrite = false): ScaleObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = parent.metadata;
  const given = dig(parent, ...split(mapping.specReplicasPath));
  if (given === undefined && !toWrite && parent.apiVersion.includes('.') && !parent.apiVersion.includes('k8s.io')) {
    throw internalError(`the spec replicas field ${JSON.stringify(mapping.specReplicasPath)} does not exist`);
  }
  const replicas = asNumber(given);
  const selector =
    mapping.labelSelectorPath === undefined ? undefined : dig(parent, ...split(mapping.labelSelectorPath));
  const text = typeof selector === 'string' ? selector : isObject(selector) ? printSelector(selector) : '';
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: {
      name: name!,
      ...(namespace === undefined ? {} : { namespace }),
      uid: uid!,
      resourceVersion: resourceVersion!,
      creationTimestamp: creationTimestamp!,
    },
    spec: replicas === 0 ? {} : { replicas },
    status: {
      replicas: asNumber(dig(parent, ...split(mapping.statusReplicasPath))),
      ...(text === '' ? {} : { selector: text }),
    },
  };
}

function printSelector(selector: JsonObject): string {
  const plain = selector['matchLabels'] === undefined && selector['matchExpressions'] === undefined;
  return printLabelSelector(plain ? { matchLabels: selector } : selector);
}

/** @throws {StatusError} 400 when it is no Scale of this object. */
export function checkScale(scale: ScaleObject, name: string): void {
  const replicas = asObject(scale.spec)['replicas'];
  if (replicas !== undefined && replicas !== null && !Number.isInteger(replicas)) {
    const type = Array.isArray(replicas) ? 'array' : typeof replicas === 'boolean' ? 'bool' : typeof replicas;
    const what = `json: cannot unmarshal ${type} into Go struct field ScaleSpec.spec.replicas of type int32`;
    throw badRequest(`Scale in version "v1" cannot be handled as a Scale: ${what}`);
  }
  const given = asString(scale.metadata.name);
  if (given !== '' && given !== name)
    throw badRequest(`the name of the object (${given}) does not match the name on the URL (${name})`);
}

/** The parent with the replicas of a changed scale. @throws {StatusError} 409, 422 */
export function writeScale(mapping: ScaleMapping, parent: KubeObject, scale: ScaleObject, target: Target): KubeObject {
  const given = asString(scale.metadata.resourceVersion);
  if (given !== '' && given !== parent.metadata.resourceVersion)
    throw conflict(qualified(target.resource), target.name, STALE_VERSION);
  const replicas = asNumber(asObject(scale.spec)['replicas']);
  if (replicas < 0) {
    throw invalid({ group: 'autoscaling', kind: 'Scale' }, target.name, [
      invalidValue('spec.replicas', replicas, 'must be greater than or equal to 0'),
    ]);
  }
  const next = cloneJson(parent);
  let at: JsonObject = next;
  const path = split(mapping.specReplicasPath);
  for (const key of path.slice(0, -1)) {
    if (!isObject(at[key])) at[key] = {};
    at = at[key] as JsonObject;
  }
  at[path.at(-1)!] = replicas;
  return next;
}

/** How bodies for a scale subresource are read. */
export function scaleStrategyOf(
  target: Target,
): Target & { patch(before: ScaleObject, body: Buffer, contentType: string | undefined): ScaleObject } {
  return {
    ...target,
    patch(before, body, contentType) {
      const text = body.toString('utf8');
      switch (mediaTypeOf(contentType)) {
        case 'application/json-patch+json':
          return applyJsonPatch(before, parseJsonText(text)) as ScaleObject;
        case 'application/merge-patch+json':
          return applyMergePatch(before, parseJsonText(text)) as ScaleObject;
        case 'application/strategic-merge-patch+json':
          return applyStrategicMergePatch(before, asObject(parseJsonText(text)), undefined) as ScaleObject;
        case 'application/apply-patch+yaml': {
          const applied = parseYamlBody(text);
          if (!isObject(applied)) throw badRequest('the patch is not an object');
          return applyServerSide({
            live: before,
            applied,
            manager: 'scale',
            force: true,
            apiVersion: 'autoscaling/v1',
            now: new Date(0),
          }).object as ScaleObject;
        }
        default:
          throw new StatusError(
            415,
            'UnsupportedMediaType',
            'the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml',
          );
      }
    },
  };
}
