import { createGoDecoder } from '../builtin/decode/go-decoder.ts';
import { badRequest, conflict, notAllowedHere, StatusError } from '../errors.ts';
import { notSupported } from '../field-errors.ts';
import { type Exchange, readBody, sendJson } from '../http/exchange.ts';
import { asArray, asObject, asString, cloneJson } from '../json.ts';
import type { KubeObject } from '../types.ts';
import { type ApiContext, timestamp } from './api-context.ts';
import { asKind, decodeWith, fieldValidationOf, parseBody } from './body.ts';
import type { ObjectWriter, Target, WriteOptions } from './object-writer.ts';
import type { SubresourceHandler } from './subresources.ts';

const evictions = createGoDecoder('io.k8s.api.policy.v1.Eviction');
const bindings = createGoDecoder('io.k8s.api.core.v1.Binding');

/** Answers POST on `pods/NAME/eviction`. */
export function createEviction(writer: ObjectWriter): SubresourceHandler {
  return async (exchange, target, verb, options) => {
    if (verb !== 'create') throw notAllowedHere();
    const value = asObject(await bodyOf(exchange, 'Eviction'));
    // The older version says the same.
    if (value['apiVersion'] === 'policy/v1beta1') value['apiVersion'] = 'policy/v1';
    const body = asKind(value, target, 'Eviction', 'policy/v1');
    decodeWith(evictions, body, 'v1', fieldValidationOf(exchange.query), options.warn);
    if (asString(body.metadata.name) !== target.name)
      throw badRequest('name in URL does not match name in Eviction object');
    const { dryRun, preconditions, gracePeriodSeconds } = asObject(body['deleteOptions']);
    const { uid, resourceVersion } = asObject(preconditions);
    writer.delete(target, {
      dryRun: options.dryRun || asArray(dryRun).includes('All'),
      ...(typeof gracePeriodSeconds === 'number' ? { gracePeriodSeconds } : {}),
      preconditions: { uid: asString(uid) || undefined, resourceVersion: asString(resourceVersion) || undefined },
    });
    sendSuccess(exchange);
  };
}

/** Answers POST on `pods/NAME/binding`, and on `bindings`, where the body names the pod. */
export function createBinding(api: ApiContext, writer: ObjectWriter): SubresourceHandler {
  return async (exchange, target, verb, options) => {
    if (verb !== 'create') throw notAllowedHere();
    const body = asKind(asObject(await bodyOf(exchange, 'Binding')), target, 'Binding', 'v1');
    decodeWith(bindings, body, 'v1', fieldValidationOf(exchange.query), options.warn);
    const given = asString(body.metadata.name);
    if (target.name !== '' && given !== target.name)
      throw badRequest('name in URL does not match name in Binding object');
    const node = nodeOf(body);
    bind({ ...target, name: given }, body, node, options);
    sendSuccess(exchange);
  };

  function bind(target: Target, { metadata }: KubeObject, node: string, options: WriteOptions): void {
    const refuse = (why: string) => conflict({ group: '', resource: 'pods/binding' }, target.name, why);
    writer.update(
      target,
      (current) => {
        const { nodeName, schedulingGates } = asObject(current['spec']);
        const pod = `pod ${target.name}`;
        if (current.metadata.deletionTimestamp !== undefined)
          throw refuse(`${pod} is being deleted, cannot be assigned to a host`);
        if (asString(nodeName) !== '') throw refuse(`${pod} is already assigned to node ${JSON.stringify(nodeName)}`);
        if (asArray(schedulingGates).length > 0) throw refuse(`${pod} has non-empty .spec.schedulingGates`);
        return bound(cloneJson(current), metadata, node, timestamp(api.clock()));
      },
      // The scheduler's decision belongs to nobody and is no new generation.
      { ...options, keepManagedFields: true, keepGeneration: true },
    );
  }
}

function bound(pod: KubeObject, given: KubeObject['metadata'], node: string, now: string): KubeObject {
  const { annotations, labels } = given;
  if (annotations !== undefined) pod.metadata.annotations = { ...pod.metadata.annotations, ...annotations };
  if (labels !== undefined) pod.metadata.labels = { ...labels, ...pod.metadata.labels };
  pod['spec'] = { ...asObject(pod['spec']), nodeName: node };
  const status = asObject(pod['status']);
  const scheduled = { type: 'PodScheduled', status: 'True', lastProbeTime: null, lastTransitionTime: now };
  const others = asArray(status['conditions']).filter((one) => asObject(one)['type'] !== scheduled.type);
  pod['status'] = { ...status, conditions: [...others, scheduled] };
  return pod;
}

/** @throws {StatusError} 500: upstream checks a binding where nobody makes a refusal of it. */
function nodeOf(body: KubeObject): string {
  const { kind, name } = asObject(body['target']);
  const given = asString(kind);
  if (given !== '' && given !== 'Node')
    throw new StatusError(500, '', `target.kind: ${notSupported('', given, ['Node', '<empty>']).message}`);
  if (asString(name) === '') throw new StatusError(500, '', 'target.name: Required value');
  return asString(name);
}

async function bodyOf({ request }: Exchange, kind: string): Promise<unknown> {
  return parseBody(await readBody(request), request.headers['content-type'], kind);
}

function sendSuccess(exchange: Exchange): void {
  const status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };
  sendJson(exchange, 201, JSON.stringify(status));
}
