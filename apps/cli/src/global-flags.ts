import {
  arrayFlag,
  boolFlag,
  durationFlag,
  type FlagValues,
  floatFlag,
  intFlag,
  stringFlag,
} from './framework/flag-types.ts';

/** Flags that every command takes. There is deliberately no `-s` for the server: below, `-s` means `--silent`. */
export const globalFlags = {
  as: stringFlag('user to act as, a name or a service account of a namespace'),
  'as-group': arrayFlag('group to act as, may be given several times'),
  'as-uid': stringFlag('uid to act as'),
  'as-user-extra': arrayFlag('extra of the identity to act as, `key=value`, may be given several times'),
  'cache-dir': stringFlag('directory of the discovery cache', '$HOME/.kube/cache', { completes: 'files' }),
  'certificate-authority': stringFlag('file with the certificate authority of the API server', '', {
    completes: 'files',
  }),
  'client-certificate': stringFlag('file with the client certificate for TLS', '', { completes: 'files' }),
  'client-key': stringFlag('file with the client key for TLS', '', { completes: 'files' }),
  cluster: stringFlag('entry of the kubeconfig to take the cluster from'),
  context: stringFlag('entry of the kubeconfig to take the context from', '', { completes: 'contexts' }),
  'disable-compression': boolFlag('ask for uncompressed answers'),
  'insecure-skip-tls-verify': boolFlag('do not check the certificate of the API server; makes connections insecure'),
  'kube-api-burst': intFlag('requests at once above --kube-api-qps', 300),
  'kube-api-qps': floatFlag('requests a second to the API server', 50),
  kubeconfig: stringFlag('path of the kubeconfig file', '', { completes: 'files' }),
  namespace: stringFlag('namespace to work in; FLUX_SYSTEM_NAMESPACE sets another default', 'flux-system', {
    shorthand: 'n',
    completes: 'namespaces',
  }),
  'ns-follows-kube-context': boolFlag(
    'take the namespace from the kubeconfig context; FLUX_NS_FOLLOWS_KUBE_CONTEXT does the same',
  ),
  server: stringFlag('address of the API server'),
  timeout: durationFlag('deadline of the operation', '5m0s'),
  'tls-server-name': stringFlag('name to expect in the certificate of the API server'),
  token: stringFlag('bearer token for the API server'),
  user: stringFlag('entry of the kubeconfig to take the user from'),
  verbose: boolFlag('print generated objects'),
};

/** Values of the global flags. */
export type GlobalFlags = FlagValues<typeof globalFlags>;
