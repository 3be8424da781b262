import { ISSUER, type TokenOrder } from '../auth/tokens.ts';
import { asObject, equalJson } from '../json.ts';
import type { KubeObject } from '../types.ts';
import type { ControllerHost } from './controller.ts';

const TYPE = 'kubernetes.io/service-account-token';
const NAME = 'kubernetes.io/service-account.name';
const UID = 'kubernetes.io/service-account.uid';
const MANAGER = 'kube-controller-manager';
/** These tokens last as long as their Secret. */
const FOREVER_SECONDS = 100 * 365 * 24 * 3600;

/**
 * Fills Secrets of the type `kubernetes.io/service-account-token` with a token of the account that their annotation
 * names, and takes those away whose account is gone.
 */
export function startAccountTokens(
  host: ControllerHost,
  certificate: string,
  issue: (order: TokenOrder) => string,
): void {
  const { store } = host.api;
  const secrets = store.bucket('/secrets');
  const accounts = store.bucket('/serviceaccounts');
  const queue = host.queue('service account tokens', (key) => {
    const secret = secrets.get(key)?.object;
    if (secret === undefined || !isToken(secret) || secret.metadata.deletionTimestamp !== undefined) return;
    const { namespace = '', name = '', uid = '', annotations = {} } = secret.metadata;
    const account = accounts.get(`${namespace}/${annotations[NAME]}`)?.object;
    if (account === undefined || (annotations[UID] !== undefined && annotations[UID] !== account.metadata.uid)) {
      const target = host.target('', 'secrets', namespace, name);
      if (target !== undefined) host.writer.delete(target, { dryRun: false });
      return;
    }
    const data = asObject(secret['data']);
    const owner = account.metadata.uid ?? '';
    const token = () =>
      issue({
        namespace,
        name: account.metadata.name ?? '',
        uid: owner,
        audiences: [ISSUER],
        seconds: FOREVER_SECONDS,
        bound: [{ kind: 'secret', name, uid }],
      });
    const full = {
      'ca.crt': base64(certificate),
      namespace: base64(namespace),
      token: data['token'] ?? base64(token()),
    };
    if (annotations[UID] === owner && equalJson({ ...data, ...full }, data)) return;
    host.update('', 'secrets', namespace, name, '', MANAGER, (current) => ({
      ...current,
      metadata: { ...current.metadata, annotations: { ...current.metadata.annotations, [UID]: owner } },
      data: { ...asObject(current['data']), ...full },
    }));
  });
  host.listen(secrets, ({ type, current }) => {
    if (type !== 'DELETED' && isToken(current.object)) queue.add(current.key);
  });
  host.listen(accounts, ({ type, current }) => {
    if (type === 'MODIFIED') return;
    for (const { key, object } of secrets.listNamespace(current.object.metadata.namespace ?? ''))
      if (isToken(object)) queue.add(key);
  });
  for (const { key, object } of secrets.values()) if (isToken(object)) queue.add(key);
}

function isToken(secret: KubeObject): boolean {
  return secret['type'] === TYPE;
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
