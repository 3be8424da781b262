const unitNs: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};

/** Longest duration that Go can hold, nanoseconds. */
const maxNs = 2 ** 63;

/**
 * Reads a duration as Go does (`1h30m`, `300ms`, `-1.5s`), in nanoseconds.
 *
 * @throws {Error} with Go's text, `time: invalid duration "x"`.
 */
export function parseDuration(text: string): number {
  const quoted = JSON.stringify(text);
  const bad = () => new Error(`time: invalid duration ${quoted}`);
  let rest = text;
  let sign = 1;
  if (rest.startsWith('-') || rest.startsWith('+')) {
    if (rest.startsWith('-')) sign = -1;
    rest = rest.slice(1);
  }
  if (rest === '0') return 0;
  if (rest === '') throw bad();
  let total = 0;
  while (rest !== '') {
    const number = /^(\d*)(\.(\d*))?/.exec(rest);
    const digits = number?.[0] ?? '';
    if (digits === '' || digits === '.') throw bad();
    rest = rest.slice(digits.length);
    const unit = /^[^.\d]+/.exec(rest)?.[0] ?? '';
    if (unit === '') throw new Error(`time: missing unit in duration ${quoted}`);
    rest = rest.slice(unit.length);
    const factor = Object.hasOwn(unitNs, unit) ? unitNs[unit] : undefined;
    if (factor === undefined) throw new Error(`time: unknown unit ${JSON.stringify(unit)} in duration ${quoted}`);
    total += Number(digits) * factor;
    if (total > maxNs) throw bad();
  }
  return sign * Math.round(total);
}

/** Prints nanoseconds as Go does: `1m0s`, `10m0s`, `1.5s`, `0s`. */
export function formatDuration(ns: number): string {
  if (ns === 0) return '0s';
  const sign = ns < 0 ? '-' : '';
  const value = Math.abs(ns);
  if (value < 1e3) return `${sign}${value}ns`;
  if (value < 1e6) return `${sign}${trimFraction(value, 1e3)}µs`;
  if (value < 1e9) return `${sign}${trimFraction(value, 1e6)}ms`;
  const minutes = Math.floor(value / 60e9);
  const seconds = trimFraction(value - minutes * 60e9, 1e9);
  const hours = Math.floor(minutes / 60);
  if (hours > 0) return `${sign}${hours}h${minutes % 60}m${seconds}s`;
  if (minutes > 0) return `${sign}${minutes}m${seconds}s`;
  return `${sign}${seconds}s`;
}

function trimFraction(value: number, unit: number): string {
  const whole = Math.floor(value / unit);
  const rest = String(Math.round(value - whole * unit))
    .padStart(Math.round(Math.log10(unit)), '0')
    .replace(/0+$/, '');
  return rest === '' ? String(whole) : `${whole}.${rest}`;
}

/** Nanoseconds as milliseconds, the unit of timers. */
export function toMs(ns: number): number {
  return ns / 1e6;
}
