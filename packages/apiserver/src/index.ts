// Start it
export {
  type ApiServer,
  type ApiServerOptions,
  type Fault,
  type RequestCounts,
  type RunningApiServer,
  startApiServer,
} from './start-api-server.ts';

// Look on
export type { Bucket, ChangeListener } from './storage/bucket.ts';
export type { Store } from './storage/store.ts';
export type { Change, ChangeType, Stored } from './storage/stored.ts';

// Shapes
export type {
  AuthorizationAttributes,
  AuthorizationDecision,
  Authorizer,
  Clock,
  KubeObject,
  Log,
  ObjectMeta,
  OwnerReference,
  UserInfo,
} from './types.ts';
