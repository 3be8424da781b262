import type { FieldError } from '@fluvial/schema';
import { invalidValue, required } from '../../field-errors.ts';

interface Bounds {
  readonly min: number;
  readonly max: number;
  readonly names: readonly string[];
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

const FIELDS: readonly Bounds[] = [
  { min: 0, max: 59, names: [] },
  { min: 0, max: 23, names: [] },
  { min: 1, max: 31, names: [] },
  { min: 1, max: 12, names: ['', ...MONTHS] },
  { min: 0, max: 6, names: DAYS },
];
const DESCRIPTORS = /^@(yearly|annually|monthly|weekly|daily|midnight|hourly)$/;

/** A cron line: five fields or a descriptor; a time zone has a field of its own. */
export function checkSchedule(schedule: string, path: string): FieldError[] {
  if (schedule === '') return [required(path)];
  const problem = problemOf(schedule);
  const errors = problem === undefined ? [] : [invalidValue(path, schedule, problem)];
  if (schedule.includes('TZ'))
    errors.push(invalidValue(path, schedule, 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead'));
  return errors;
}

function problemOf(schedule: string): string | undefined {
  const text = schedule.replace(/^(CRON_)?TZ=\S*\s*/, '');
  if (text.startsWith('@')) {
    if (DESCRIPTORS.test(text)) return undefined;
    return /^@every \d/.test(text) ? undefined : `unrecognized descriptor: ${text}`;
  }
  const fields = text.split(/\s+/).filter((field) => field !== '');
  if (fields.length !== FIELDS.length)
    return `expected exactly ${FIELDS.length} fields, found ${fields.length}: [${fields.join(' ')}]`;
  for (const [i, field] of fields.entries()) {
    for (const part of field.split(',')) {
      const problem = problemOfRange(part, FIELDS[i] as Bounds);
      if (problem !== undefined) return problem;
    }
  }
  return undefined;
}

function problemOfRange(text: string, bounds: Bounds): string | undefined {
  const [range = '', step, tooMuch] = text.split('/');
  if (tooMuch !== undefined) return `too many slashes: ${text}`;
  const [low = '', high, more] = range.split('-');
  let start: number;
  let end: number;
  if (low === '*' || low === '?') {
    start = bounds.min;
    end = bounds.max;
  } else {
    if (more !== undefined) return `too many hyphens: ${text}`;
    const from = numberOf(low, bounds);
    if (typeof from === 'string') return from;
    const to = high === undefined ? from : numberOf(high, bounds);
    if (typeof to === 'string') return to;
    start = from;
    end = step !== undefined && high === undefined ? bounds.max : to;
  }
  if (step !== undefined) {
    const by = numberOf(step, { ...bounds, names: [] });
    if (typeof by === 'string') return by;
    if (by === 0) return `step of range should be a positive number: ${text}`;
  }
  if (start < bounds.min) return `beginning of range (${start}) below minimum (${bounds.min}): ${text}`;
  if (end > bounds.max) return `end of range (${end}) above maximum (${bounds.max}): ${text}`;
  return start > end ? `beginning of range (${start}) beyond end of range (${end}): ${text}` : undefined;
}

function numberOf(text: string, { names }: Bounds): number | string {
  const named = names.indexOf(text.toLowerCase());
  if (named > -1 && text !== '') return named;
  if (/^[+]?\d+$/.test(text)) return Number(text);
  if (/^-\d+$/.test(text)) return `negative number (${text}) not allowed: ${text}`;
  return `failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`;
}
