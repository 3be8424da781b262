import type { HttpAnswer, HttpOptions, Json, Session } from '../../lib/session.ts';

export const configMaps = '/api/v1/namespaces/{ns}/configmaps';

/** A ConfigMap of the case's namespace. */
export function configMap(name: string, labels?: Record<string, string>, data: Record<string, string> = { a: '1' }) {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...(labels === undefined ? {} : { labels }) }, data };
}

/** Creates objects without recording them. */
export async function given(session: Session, path: string, ...objects: readonly object[]): Promise<Json[]> {
  const made: Json[] = [];
  for (const body of objects) {
    const { status, body: answer } = await session.http('POST', path, { body, unrecorded: true });
    if (status !== 201) throw new Error(`POST ${path}: ${JSON.stringify(answer)}`);
    made.push(answer);
  }
  return made;
}

/** Five ConfigMaps `a0` to `a4`, with a number and a parity as labels. */
export function fiveConfigMaps(session: Session): Promise<Json[]> {
  return given(
    session,
    configMaps,
    ...[0, 1, 2, 3, 4].map((n) => configMap(`a${n}`, { n: String(n), even: String(n % 2 === 0) })),
  );
}

/** Asks, and records only what `choose` takes from the answer. */
export async function ask(
  session: Session,
  label: string,
  path: string,
  choose: (body: Json) => unknown = namesOf,
  options: HttpOptions & { readonly method?: string } = {},
): Promise<HttpAnswer> {
  const { method = 'GET', ...rest } = options;
  const answer = await session.http(method, path, { ...rest, unrecorded: true });
  session.record(label, { status: answer.status, picked: answer.status < 400 ? choose(answer.body) : answer.body });
  return answer;
}

/** Names and list metadata of a list; anything else as it is. */
export function namesOf(body: Json): unknown {
  if (!Array.isArray(body?.items)) return body;
  const { resourceVersion: _, ...metadata } = body.metadata;
  return { kind: body.kind, metadata, names: body.items.map((item: Json) => item.metadata.name) };
}

/** What tells watch events apart. Bookmarks that only tell the time come when they come: they are left out. */
export function eventsOf(events: readonly Json[]): unknown {
  const told = events.filter(({ type, object }: Json) => type !== 'BOOKMARK' || object.metadata?.annotations);
  return told.map(({ type, object }: Json) =>
    type === 'BOOKMARK'
      ? { type, kind: object.kind, annotations: object.metadata?.annotations }
      : type === 'ERROR'
        ? { type, object }
        : { type, kind: object.kind, name: object.metadata?.name, labels: object.metadata?.labels, data: object.data },
  );
}
