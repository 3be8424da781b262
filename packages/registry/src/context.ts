import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ContentStore } from './content-store.ts';
import type { RegistryLimits } from './options.ts';
import type { Repositories } from './repositories.ts';
import type { Uploads } from './uploads.ts';

/** What the handlers share. */
export interface RegistryContext {
  readonly content: ContentStore;
  readonly repositories: Repositories;
  readonly uploads: Uploads;
  readonly limits: RegistryLimits;
  readonly referrers: boolean;
}

/** One request, taken apart. */
export interface Call {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly method: string;
  readonly query: URLSearchParams;
  /** The body, not read yet. */
  readonly body: AsyncIterable<Uint8Array>;
}
