// The client.

// Flux artifacts.
export { type Artifact, type ArtifactOptions, buildArtifact, pushArtifact } from './artifact.ts';
export { fileSource } from './blob-source.ts';
export { createOciClient } from './client.ts';
export type {
  BlobSource,
  CallOptions,
  FetchedImage,
  FetchedManifest,
  ManifestContent,
  OciClient,
  OciClientOptions,
  OciLimits,
  ProxyOptions,
  PushBlobOptions,
  Referrer,
  RetryPolicy,
  TransportOptions,
} from './client.types.ts';
// Credentials.
export {
  anonymous,
  anonymousKeychain,
  type Credentials,
  type CredentialTarget,
  type Keychain,
  multiKeychain,
  parseCredentials,
  staticKeychain,
} from './credentials.ts';
export type { Descriptor, Digest, ImageIndex, ImageManifest, Platform } from './descriptor.ts';
export { isDigest } from './digest.ts';
export {
  type CredentialHelper,
  type DockerConfig,
  type DockerKeychainOptions,
  dockerConfigJsonKeychain,
  dockerConfigKeychain,
  type HelperAnswer,
  lookUpCredentials,
  parseDockerCfg,
  parseDockerConfig,
  type ReadFile,
} from './docker-config.ts';
export { isNotFound, type OciDiagnostic, OciError, type OciErrorCode, type OciErrorOptions } from './errors.ts';
export type { HttpClient, HttpRequest, HttpResponse } from './http.ts';
export { annotationKeys, mediaTypes } from './media-types.ts';
// References.
export {
  isLocalRegistry,
  parseReference,
  parseRepository,
  type Reference,
  type ReferenceOptions,
  type Repository,
  repositoryOf,
  withDigest,
  withTag,
} from './reference.ts';
// Errors and ports.
export { createNetworkHttp, type NetworkHttp } from './undici-http.ts';
