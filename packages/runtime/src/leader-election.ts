import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { isAlreadyExists, isConflict, type KubeClient, type KubeObject } from '@fluvial/kube';
import { type Clock, sleep } from './clock.ts';
import type { Logger } from './logger.ts';

export interface LeaderElectionOptions {
  readonly kube: KubeClient;
  readonly clock: Clock;
  readonly log: Logger;
  /** Name of the Lease. */
  readonly name: string;
  readonly namespace: string;
  /** Default: host name and a random part. */
  readonly identity?: string;
  /** Default 35 s: others may take over after this time without a renewal. */
  readonly leaseDurationMs?: number;
  /** Default 30 s: a leader that could not renew for so long steps down. */
  readonly renewDeadlineMs?: number;
  /** Default 5 s between tries. */
  readonly retryPeriodMs?: number;
  /** Default true: the lease is given back when the leader stops, so that the next need not wait. */
  readonly releaseOnCancel?: boolean;
  readonly onChange?: (isLeader: boolean) => void;
  readonly random?: () => number;
}

/** The lease was lost while leading: what runs must stop at once. */
export class LeaderLostError extends Error {
  override readonly name = 'LeaderLostError';
}

interface LeaseSpec {
  holderIdentity?: string | null;
  leaseDurationSeconds?: number;
  acquireTime?: string | null;
  renewTime?: string | null;
  leaseTransitions?: number;
}

type Lease = KubeObject & { spec?: LeaseSpec };

const leaseKind = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' };

/**
 * Waits until this process holds the lease, runs `lead`, and keeps renewing meanwhile.
 *
 * The signal that `lead` gets aborts when the outer one does or when the lease is lost. Other holders' clocks are
 * not trusted: a lease is stale when it has not changed for its duration on our own clock (client-go's rule).
 *
 * @throws {LeaderLostError} after `lead` has ended, when the lease was lost
 */
export async function runAsLeader(
  options: LeaderElectionOptions,
  signal: AbortSignal,
  lead: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const {
    kube,
    clock,
    log,
    name,
    namespace,
    identity = `${hostname()}_${randomUUID()}`,
    leaseDurationMs = 35_000,
    renewDeadlineMs = 30_000,
    retryPeriodMs = 5000,
    releaseOnCancel = true,
    onChange = () => {},
    random = Math.random,
  } = options;

  let observed: { readonly text: string; readonly at: number } | undefined;

  /** One try to take or keep the lease. */
  async function tryOnce(timeoutMs: number): Promise<boolean> {
    const now = microTime(clock.now());
    const call = { timeoutMs };
    const found = await kube.find<Lease>(leaseKind, name, namespace, call);
    if (found === undefined) {
      await kube.create<Lease>(
        {
          ...leaseKind,
          metadata: { name, namespace },
          spec: spec(identity, leaseDurationMs, now, now, 0),
        },
        call,
      );
      return true;
    }
    const holder = found.spec?.holderIdentity ?? '';
    const text = JSON.stringify(found.spec ?? {});
    if (observed?.text !== text) observed = { text, at: clock.monotonic() };
    const duration = (found.spec?.leaseDurationSeconds ?? leaseDurationMs / 1000) * 1000;
    const stale = clock.monotonic() - observed.at >= duration;
    if (holder !== '' && holder !== identity && !stale) return false;
    const mine = holder === identity;
    const transitions = (found.spec?.leaseTransitions ?? 0) + (mine ? 0 : 1);
    const next: Lease = {
      ...found,
      spec: spec(identity, leaseDurationMs, mine ? (found.spec?.acquireTime ?? now) : now, now, transitions),
    };
    const answer = await kube.replace(next, call);
    observed = { text: JSON.stringify(answer['spec'] ?? {}), at: clock.monotonic() };
    return true;
  }

  async function attempt(timeoutMs: number): Promise<boolean> {
    try {
      return await tryOnce(timeoutMs);
    } catch (error) {
      if (!isConflict(error) && !isAlreadyExists(error))
        log.error(error, 'error retrieving resource lock', { lease: `${namespace}/${name}` });
      return false;
    }
  }

  log.info(`attempting to acquire leader lease ${namespace}/${name}...`);
  while (!(await attempt(renewDeadlineMs))) await sleep(clock, retryPeriodMs * (1 + 1.2 * random()), signal);
  log.info(`successfully acquired lease ${namespace}/${name}`);
  onChange(true);

  const lost = new AbortController();
  const leading = AbortSignal.any([signal, lost.signal]);
  const renewing = (async () => {
    let renewedAt = clock.monotonic();
    while (!leading.aborted) {
      try {
        await sleep(clock, retryPeriodMs, leading);
      } catch {
        return;
      }
      const left = renewDeadlineMs - (clock.monotonic() - renewedAt);
      if (left > 0 && (await attempt(left))) renewedAt = clock.monotonic();
      else if (clock.monotonic() - renewedAt >= renewDeadlineMs) {
        lost.abort(new LeaderLostError(`failed to renew lease ${namespace}/${name}`));
        return;
      }
    }
  })();

  try {
    await lead(leading);
  } finally {
    onChange(false);
    lost.abort(lost.signal.reason ?? new Error('stopped leading'));
    await renewing;
    if (releaseOnCancel && !(lost.signal.reason instanceof LeaderLostError)) await release();
  }
  if (lost.signal.reason instanceof LeaderLostError) throw lost.signal.reason;

  async function release(): Promise<void> {
    try {
      const found = await kube.get<Lease>(leaseKind, name, namespace, { timeoutMs: retryPeriodMs });
      if (found.spec?.holderIdentity !== identity) return;
      const now = microTime(clock.now());
      const released = spec('', 1000, now, now, found.spec?.leaseTransitions ?? 0);
      await kube.replace<Lease>({ ...found, spec: released }, { timeoutMs: retryPeriodMs });
    } catch (error) {
      log.error(error, 'failed to release lock');
    }
  }
}

function spec(
  holder: string,
  durationMs: number,
  acquireTime: string,
  renewTime: string,
  transitions: number,
): LeaseSpec {
  return {
    // The API server refuses an empty holder: nobody is nobody.
    ...(holder === '' ? {} : { holderIdentity: holder }),
    leaseDurationSeconds: Math.ceil(durationMs / 1000),
    acquireTime,
    renewTime,
    leaseTransitions: transitions,
  };
}

/** metav1.MicroTime. */
function microTime(epochMs: number): string {
  return new Date(epochMs).toISOString().replace('Z', '000Z');
}
