import { notAllowedHere, notFound } from '../errors.ts';
import { type Exchange, readBody } from '../http/exchange.ts';
import { asObject } from '../json.ts';
import { ageOf } from '../table/human-duration.ts';
import { partialOf } from '../table/table.ts';
import type { TableColumn } from '../types.ts';
import type { ApiContext } from './api-context.ts';
import { asKind, parseBody } from './body.ts';
import { keyOf, type ObjectWriter, type Target } from './object-writer.ts';
import { includeObjectOf, objectOf, renderingOf, sendRendered } from './render.ts';
import { qualified } from './resource.ts';
import { checkScale, readScale, type ScaleObject, scaleStrategyOf, writeScale } from './scale.ts';
import { writeOptions } from './write-options.ts';

/** Answers requests for the scale of an object. */
export function createScaleHandler(
  api: ApiContext,
  writer: ObjectWriter,
): (exchange: Exchange, target: Target, verb: string) => Promise<void> {
  return async (exchange, target, verb) => {
    const { resource, served } = target;
    if (verb !== 'get' && verb !== 'update' && verb !== 'patch') throw notAllowedHere();
    const scaleStrategy = scaleStrategyOf(target);
    const parent = resource.bucket.get(keyOf(resource, target.namespace, target.name));
    if (parent === undefined) throw notFound(qualified(resource), target.name);
    if (verb === 'get') {
      sendScale(exchange, readScale(served.scale!, objectOf(served, parent)), api.clock());
      return;
    }
    const options = writeOptions(exchange);
    const body = await readBody(exchange.request);
    const contentType = exchange.request.headers['content-type'];
    const updated = writer.update(
      target,
      (current) => {
        const before = readScale(served.scale!, current, true);
        const scale =
          verb === 'update'
            ? (asKind(parseBody(body, contentType), scaleStrategy, 'Scale', 'autoscaling/v1') as ScaleObject)
            : scaleStrategy.patch(before, body, contentType);
        checkScale(scale, target.name);
        return writeScale(served.scale!, current, scale, target);
      },
      options,
    );
    sendScale(exchange, readScale(served.scale!, updated), api.clock());
  };
}

const COLUMNS: readonly TableColumn[] = [
  { name: 'Name', type: 'string', format: '', description: 'Name', priority: 0 },
  { name: 'Desired', type: 'integer', format: '', description: 'Desired', priority: 0 },
  { name: 'Available', type: 'integer', format: '', description: 'Available', priority: 0 },
  { name: 'Age', type: 'string', format: '', description: 'Age', priority: 0 },
];

function sendScale(exchange: Exchange, scale: ScaleObject, now: Date): void {
  const rendering = renderingOf(exchange);
  const { metadata, spec, status } = scale;
  sendRendered(exchange, 200, rendering, () => {
    if (rendering.as === 'partial') return partialOf(scale, rendering.metaVersion);
    if (rendering.as !== 'table') return scale;
    const include = includeObjectOf(exchange.query);
    const cells = [
      metadata.name,
      spec.replicas ?? 0,
      asObject(status)['replicas'],
      ageOf(metadata.creationTimestamp, now),
    ];
    return {
      kind: 'Table',
      apiVersion: `meta.k8s.io/${rendering.metaVersion}`,
      metadata: { resourceVersion: metadata.resourceVersion },
      columnDefinitions: [...COLUMNS],
      rows: [
        {
          cells,
          ...(include === 'None'
            ? {}
            : { object: include === 'Object' ? scale : partialOf(scale, rendering.metaVersion) }),
        },
      ],
    };
  });
}
