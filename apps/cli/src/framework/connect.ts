import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { KubeClient, KubeConfig } from '@fluvial/kube';
import type { GlobalFlags } from '../global-flags.ts';
import { fluxVersion } from '../version.ts';
import type { Ports } from './context.ts';

/** Reads the kubeconfig that the flags and the environment name. */
export async function readKubeConfig(globals: GlobalFlags, ports: Ports): Promise<KubeConfig> {
  const { bearerToken, loadKubeConfig } = await import('@fluvial/kube');
  const text = (value: string) => (value === '' ? undefined : value);
  const loaded = loadKubeConfig({
    env: ports.env,
    kubeconfig: text(globals.kubeconfig === '' ? '' : resolve(ports.cwd, globals.kubeconfig)),
    context: text(globals.context),
    cluster: text(globals.cluster),
    user: text(globals.user),
    server: text(globals.server),
    token: text(globals.token),
    preferInCluster: false,
  });
  // With --server alone no kubeconfig is needed.
  const config = await loaded.catch((error: unknown): KubeConfig => {
    if (globals.server === '' || globals.kubeconfig !== '') throw error;
    const { server, token } = globals;
    return { server, ...(token === '' ? {} : { authorize: bearerToken(token) }) };
  });
  const file = (path: string) => readFile(resolve(ports.cwd, path));
  const tls = {
    ...config.tls,
    ...(globals['certificate-authority'] === '' ? {} : { ca: await file(globals['certificate-authority']) }),
    ...(globals['client-certificate'] === '' ? {} : { cert: await file(globals['client-certificate']) }),
    ...(globals['client-key'] === '' ? {} : { key: await file(globals['client-key']) }),
    ...(globals['tls-server-name'] === '' ? {} : { serverName: globals['tls-server-name'] }),
    ...(globals['insecure-skip-tls-verify'] ? { insecureSkipVerify: true } : {}),
  };
  return { ...config, tls };
}

/** Makes the client of the cluster that the flags name. */
export async function connect(globals: GlobalFlags, ports: Ports): Promise<KubeClient> {
  const [{ createKubeClient }, config] = await Promise.all([import('@fluvial/kube'), readKubeConfig(globals, ports)]);
  return createKubeClient(config, {
    userAgent: `flux/v${fluxVersion}`,
    qps: globals['kube-api-qps'],
    burst: globals['kube-api-burst'],
    ...(globals.as === '' ? {} : { impersonate: identity(globals) }),
  });
}

function identity(globals: GlobalFlags) {
  const extra: Record<string, string[]> = Object.create(null);
  for (const pair of globals['as-user-extra']) {
    const at = pair.indexOf('=');
    const key = at < 0 ? pair : pair.slice(0, at);
    extra[key] = [...(extra[key] ?? []), at < 0 ? '' : pair.slice(at + 1)];
  }
  return {
    user: globals.as,
    groups: globals['as-group'],
    ...(globals['as-uid'] === '' ? {} : { uid: globals['as-uid'] }),
    extra,
  };
}
