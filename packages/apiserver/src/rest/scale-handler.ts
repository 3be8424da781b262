import { notAllowedHere, notFound } from '../errors.ts';
import { type Exchange, readBody, sendJson } from '../http/exchange.ts';
import type { ApiContext } from './api-context.ts';
import { asKind, parseBody } from './body.ts';
import { keyOf, type ObjectWriter, type Target } from './object-writer.ts';
import { objectOf } from './render.ts';
import { qualified } from './resource.ts';
import { checkScale, readScale, type ScaleObject, scaleStrategyOf, writeScale } from './scale.ts';
import { writeOptions } from './write-options.ts';

/** Answers requests for the scale of an object. */
export function createScaleHandler(
  _api: ApiContext,
  writer: ObjectWriter,
): (exchange: Exchange, target: Target, verb: string) => Promise<void> {
  return async (exchange, target, verb) => {
    const { resource, served } = target;
    if (verb !== 'get' && verb !== 'update' && verb !== 'patch') throw notAllowedHere();
    const scaleStrategy = scaleStrategyOf(target);
    const parent = resource.bucket.get(keyOf(resource, target.namespace, target.name));
    if (parent === undefined) throw notFound(qualified(resource), target.name);
    if (verb === 'get') {
      sendJson(exchange, 200, JSON.stringify(readScale(served.scale!, objectOf(served, parent))));
      return;
    }
    const options = writeOptions(exchange);
    const body = await readBody(exchange.request);
    const contentType = exchange.request.headers['content-type'];
    const updated = writer.update(
      target,
      (current) => {
        const before = readScale(served.scale!, current);
        const scale =
          verb === 'update'
            ? (asKind(parseBody(body, contentType), scaleStrategy, 'Scale', 'autoscaling/v1') as ScaleObject)
            : scaleStrategy.patch(before, body, contentType);
        checkScale(scale, target.name);
        return writeScale(served.scale!, current, scale, target);
      },
      options,
    );
    sendJson(exchange, 200, JSON.stringify(readScale(served.scale!, updated)));
  };
}
