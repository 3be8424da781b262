const unitMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/**
 * Reads a duration as Go spells it (`1h30m`, `750ms`, `-1.5s`, `0`).
 *
 * @returns milliseconds, possibly with a fraction
 * @throws {RangeError} when the text is no duration
 */
export function parseDuration(text: string): number {
  const match = /^([+-]?)((?:\d+\.?\d*|\.\d+)(?:ns|us|µs|\u03bcs|ms|s|m|h)(?:.*))$/s.exec(text);
  if (/^[+-]?0$/.test(text)) return 0;
  if (match === null) throw new RangeError(`time: invalid duration ${JSON.stringify(text)}`);
  let total = 0;
  let rest = match[2] as string;
  while (rest !== '') {
    const part = /^(\d+\.?\d*|\.\d+)(ns|us|µs|\u03bcs|ms|s|m|h)/.exec(rest);
    if (part === null) throw new RangeError(`time: invalid duration ${JSON.stringify(text)}`);
    total += Number(part[1]) * (unitMs[part[2] as string] as number);
    rest = rest.slice(part[0].length);
  }
  return match[1] === '-' ? -total : total;
}

/** Like {@link parseDuration}, but the fallback for undefined and for what is no duration. */
export function parseDurationOr(text: string | undefined, fallbackMs: number): number {
  if (text === undefined) return fallbackMs;
  try {
    return parseDuration(text);
  } catch {
    return fallbackMs;
  }
}

/** Prints milliseconds as Go prints a time.Duration: `1m0s`, `30s`, `176.16ms`, `0s`. Nanoseconds are the last digit kept. */
export function formatDuration(ms: number): string {
  if (!Number.isFinite(ms)) return '0s';
  const nanos = Math.round(Math.abs(ms) * 1e6);
  if (nanos === 0) return '0s';
  const sign = ms < 0 ? '-' : '';
  if (nanos < 1000) return `${sign}${nanos}ns`;
  if (nanos < 1e6) return `${sign}${fraction(nanos, 1000)}µs`;
  if (nanos < 1e9) return `${sign}${fraction(nanos, 1e6)}ms`;
  const hours = Math.floor(nanos / 3.6e12);
  const minutes = Math.floor((nanos % 3.6e12) / 6e10);
  const seconds = fraction(nanos % 6e10, 1e9);
  if (hours > 0) return `${sign}${hours}h${minutes}m${seconds}s`;
  return minutes > 0 ? `${sign}${minutes}m${seconds}s` : `${sign}${seconds}s`;
}

function fraction(nanos: number, unit: number): string {
  const whole = Math.floor(nanos / unit);
  const digits = String(unit).length - 1;
  const rest = String(nanos % unit)
    .padStart(digits, '0')
    .replace(/0+$/, '');
  return rest === '' ? String(whole) : `${whole}.${rest}`;
}
