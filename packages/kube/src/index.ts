export { createInformer } from './create-informer.ts';
export { createKubeClient } from './create-kube-client.ts';
export {
  ApiError,
  isAlreadyExists,
  isApiError,
  isConflict,
  isConnectionError,
  isExpired,
  isForbidden,
  isInvalid,
  isNoMatch,
  isNotFound,
  isServerTimeout,
  isTooManyRequests,
  isUnauthorized,
  KubeError,
  type KubeErrorCode,
  type Status,
  type StatusDetails,
} from './errors.ts';
export type {
  Informer,
  InformerChange,
  InformerListener,
  InformerOptions,
  InformerProblem,
} from './informer.ts';
export { createInformerCache, type InformerCache, type InformerScope } from './informer-cache.ts';
export type { KubeClient, KubeClientOptions } from './kube-client.ts';
export { type Authorization, bearerToken, type KubeConfig, type TlsOptions } from './kube-config.ts';
export {
  type KubeConfigPermissions,
  type LoadKubeConfigOptions,
  loadKubeConfig,
  parseKubeConfig,
} from './load-kube-config.ts';
export { compareResourceVersions } from './resource-version.ts';
export { joinApiVersion, type RestMapper, splitApiVersion } from './rest-mapper.ts';
export type * from './types.ts';
