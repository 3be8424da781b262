import { hostname } from 'node:os';
import type { KubeObject } from '@fluvial/kube';
import { type Clock, sleep } from './clock.ts';
import type { EventInput } from './controller.ts';

/** One event on its way to a receiver. */
export interface EventDelivery {
  readonly object: KubeObject;
  readonly reporter: string;
  readonly event: EventInput;
  readonly metadata: Readonly<Record<string, string>>;
  /** RFC 3339. */
  readonly timestamp: string;
}

/** Where events go besides the cluster: the notification controller. */
export interface EventSink {
  /** Throws when the event could not be delivered. A duplicate that the receiver refuses counts as delivered. */
  send(delivery: EventDelivery): Promise<void>;
}

export interface WebhookSinkOptions {
  /** Base URL of the receiver; without a scheme it is http. */
  readonly url: string;
  readonly clock: Clock;
  /** Default: the global fetch. */
  readonly fetch?: typeof globalThis.fetch;
  /** Attempts after the first, on lost connections and 5xx. Default 4. */
  readonly retries?: number;
  /** Default 5 s for one attempt. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** Longest message of a posted event (Flux runtime/events). */
const maxMessage = 39_000;
const firstWaitMs = 1000;
const longestWaitMs = 30_000;

/**
 * Posts events as JSON to the notification controller.
 *
 * Retries lost connections and 5xx; 429 means that the receiver knows this event already and is not retried.
 */
export function createWebhookSink(options: WebhookSinkOptions): EventSink {
  const { clock, fetch = globalThis.fetch, retries = 4, timeoutMs = 5000, signal } = options;
  const url = options.url.includes('://') ? options.url : `http://${options.url}`;
  const instance = hostname();
  return {
    async send(delivery) {
      const body = JSON.stringify(payload(delivery, instance));
      for (let attempt = 0; ; attempt++) {
        let problem: Error;
        try {
          const timeout = AbortSignal.timeout(timeoutMs);
          const response = await fetch(url, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body,
            redirect: 'error',
            signal: signal ? AbortSignal.any([timeout, signal]) : timeout,
          });
          await response.body?.cancel();
          if (response.ok || response.status === 429) return;
          problem = new Error(`event receiver answered with status ${response.status}`);
          if (response.status < 500) throw new FinalError(problem.message);
        } catch (error) {
          if (error instanceof FinalError || signal?.aborted) throw error;
          problem = error instanceof Error ? error : new Error(String(error));
        }
        if (attempt >= retries) throw problem;
        await sleep(clock, Math.min(longestWaitMs, firstWaitMs * 2 ** attempt), signal);
      }
    },
  };
}

class FinalError extends Error {}

function payload({ object, reporter, event, metadata, timestamp }: EventDelivery, instance: string) {
  const { namespace, name, uid, resourceVersion } = object.metadata;
  return {
    involvedObject: { kind: object.kind, namespace, name, uid, apiVersion: object.apiVersion, resourceVersion },
    severity: event.severity,
    timestamp,
    message: event.message.length > maxMessage ? `${event.message.slice(0, maxMessage - 3)}...` : event.message,
    reason: event.reason,
    metadata,
    reportingController: reporter,
    reportingInstance: instance,
  };
}
