import type { Http } from '../http.ts';

/** What an identity is made of: the process it belongs to, and the network. */
export interface IdentityPorts {
  readonly http: Http;
  /** Variables of the process, named as the clouds' own libraries name them. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly readFile: (path: string) => Promise<string>;
  /** The wall clock. */
  readonly now: () => Date;
}

/** A token and when it ends, milliseconds of the wall clock. */
export interface AccessToken {
  readonly token: string;
  readonly expiresAt: number;
}

const soonMs = 5 * 60_000;

/** When something ends that a service tells of in seconds from now; one that says nothing lasts five minutes. */
export function endsIn(seconds: unknown, now: number): number {
  const value = Number(seconds ?? Number.NaN);
  return now + (Number.isFinite(value) && value > 0 ? value * 1000 : soonMs);
}

/** When something ends that a service tells of as a date, or as seconds since 1970. */
export function endsAt(time: unknown, now: number): number {
  const at = typeof time === 'number' ? time * 1000 : Date.parse(String(time));
  return Number.isNaN(at) ? now + soonMs : at;
}
