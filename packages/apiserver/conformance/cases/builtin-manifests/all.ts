import { accessAndPolicy } from './access-and-policy.ts';
import { configuration } from './configuration.ts';
import type { Manifest } from './manifest.ts';
import { networking } from './networking.ts';
import { pods } from './pods.ts';
import { storage } from './storage.ts';
import { workloads } from './workloads.ts';

/** Every manifest whose defaults both servers are asked for. */
export const manifests: readonly Manifest[] = [
  ...pods,
  ...workloads,
  ...networking,
  ...storage,
  ...accessAndPolicy,
  ...configuration,
];
