import type { TokenAnswer } from '../auth/tokens.ts';
import type { Store } from '../storage/store.ts';
import type { Authorizer, Clock, Log } from '../types.ts';
import type { ResourceRegistry } from './resource-registry.ts';

/** What every request handler works with. */
export interface ApiContext {
  readonly store: Store;
  readonly registry: ResourceRegistry;
  readonly clock: Clock;
  readonly log: Log;
  readonly authorize: Authorizer;
  /** Who a bearer token belongs to, and for which of the audiences. */
  readonly authenticate: (token: string, audiences: readonly string[]) => TokenAnswer;
  /** Random letters and digits for `generateName`. */
  readonly randomSuffix: (length: number) => string;
}

/** RFC 3339 with seconds, as `metav1.Time` prints. */
export function timestamp(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`;
}

const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

/** Upstream's alphabet for generated names: no vowels, no look-alikes. */
export function randomSuffix(length: number): string {
  let text = '';
  for (let i = 0; i < length; i++) text += ALPHABET[Math.floor(Math.random() * ALPHABET.length)];
  return text;
}
