import { StatusError } from '../errors.ts';

/** How the client wants the answer. */
export interface Rendering {
  readonly as: 'object' | 'table' | 'partial' | 'partialList';
  readonly format: 'json' | 'yaml';
  /** Version of meta.k8s.io for tables and partial objects. */
  readonly metaVersion: 'v1' | 'v1beta1';
}

const PLAIN: Rendering = { as: 'object', format: 'json', metaVersion: 'v1' };

/** What the real server can answer in; protobuf is asked for and passed over here. */
const MEDIA_TYPES = 'application/json, application/yaml, application/vnd.kubernetes.protobuf';

/**
 * Refuses an `Accept` that names no type of a route of built-in resources, before anything else is looked at.
 *
 * @param produced What the route can answer in.
 *
 * @throws {StatusError} 406
 */
export function checkAcceptable(accept: string | undefined, isCollection: boolean, produced = MEDIA_TYPES): void {
  if (accept === undefined || accept === '') return;
  const types = accept.split(',').map((part) => part.split(';', 1)[0]!.trim());
  if (types.some((type) => type === '*/*' || produced.split(', ').includes(type))) return;
  const streams = isCollection
    ? ', application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch'
    : '';
  const message = `406: Not Acceptable\n\nAvailable representations: ${produced}${streams}`;
  throw new StatusError(406, 'NotAcceptable', message, {});
}

/**
 * The format of answers that have no other forms than their own.
 *
 * @throws {StatusError} 406
 */
export function negotiatePlain(accept: string | undefined): Rendering['format'] {
  if (accept === undefined || accept === '') return 'json';
  const types = [...MEDIA_TYPES.split(', '), 'application/*', '*/*'];
  const chosen = parseAccept(accept).find(({ type, parameters }) => types.includes(type) && !parameters.has('as'));
  if (chosen === undefined) throw notAcceptable();
  return chosen.type === 'application/yaml' ? 'yaml' : 'json';
}

const cache = new Map<string, Rendering>();

/**
 * Chooses a rendering from `Accept`. Protobuf is passed over for the next choice.
 *
 * @throws {StatusError} 406 when nothing acceptable is left.
 */
export function negotiate(accept: string | undefined): Rendering {
  if (accept === undefined || accept === '' || accept === 'application/json' || accept === '*/*') return PLAIN;
  const known = cache.get(accept);
  if (known !== undefined) return known;
  const chosen = choose(accept);
  if (cache.size < 256) cache.set(accept, chosen);
  return chosen;
}

function choose(accept: string): Rendering {
  for (const { type, parameters } of parseAccept(accept)) {
    const as = parameters.get('as');
    if (type === 'application/json' || type === 'application/*' || type === '*/*' || type === 'application/yaml') {
      const format = type === 'application/yaml' ? 'yaml' : 'json';
      if (as === undefined) return { ...PLAIN, format };
      const version = parameters.get('v');
      if (parameters.get('g') !== 'meta.k8s.io' || (version !== 'v1' && version !== 'v1beta1')) continue;
      if (as === 'Table') return { as: 'table', format, metaVersion: version };
      if (as === 'PartialObjectMetadata') return { as: 'partial', format, metaVersion: version };
      if (as === 'PartialObjectMetadataList') return { as: 'partialList', format, metaVersion: version };
    }
  }
  throw notAcceptable();
}

function notAcceptable(): StatusError {
  return new StatusError(406, 'NotAcceptable', `only the following media types are accepted: ${MEDIA_TYPES}`);
}

/** Media ranges with their parameters, most wanted first. */
export function parseAccept(accept: string): { type: string; parameters: Map<string, string> }[] {
  return accept
    .split(',')
    .map((part, index) => {
      const [type = '', ...rest] = part.split(';').map((s) => s.trim());
      const parameters = new Map(
        rest.map((text) => {
          const eq = text.indexOf('=');
          return eq < 0 ? ([text, ''] as const) : ([text.slice(0, eq).trim(), text.slice(eq + 1).trim()] as const);
        }),
      );
      const q = Number(parameters.get('q') ?? 1);
      return { type: type.toLowerCase(), parameters, q: Number.isNaN(q) ? 0 : q, index };
    })
    .sort((a, b) => b.q - a.q || a.index - b.index);
}
