import { badRequest, StatusError } from '../errors.ts';
import { invalidOptions, type OptionProblem } from './options-error.ts';

/** The query of a list or a watch, as `meta/v1` ListOptions. */
export interface ListOptions {
  readonly resourceVersion: string;
  readonly match: string;
  /** 0: no limit. */
  readonly limit: number;
  readonly continueToken: string;
  /** 0: the server's own choice; below it a watch ends at once. */
  readonly timeoutSeconds: number;
  readonly bookmarks: boolean;
  /** `undefined` when the query does not say. */
  readonly sendInitialEvents: boolean | undefined;
}

const forbidden = (field: string, why: string): OptionProblem => ({
  field,
  reason: 'FieldValueForbidden',
  message: `Forbidden: ${why}`,
});

const notSupported = (value: string, supported: string): OptionProblem => ({
  field: 'resourceVersionMatch',
  reason: 'FieldValueNotSupported',
  message: `Unsupported value: ${JSON.stringify(value)}: supported values: ${supported}`,
});

/**
 * Reads and checks the query; only then anything is done.
 *
 * @throws {StatusError} 400 for numbers that are none, 422 for options that contradict each other.
 */
export function parseListOptions(query: URLSearchParams, isWatch: boolean): ListOptions {
  const options: ListOptions = {
    resourceVersion: query.get('resourceVersion') ?? '',
    match: query.get('resourceVersionMatch') ?? '',
    limit: Math.max(0, integer(query.get('limit'))),
    continueToken: query.get('continue') ?? '',
    timeoutSeconds: integer(query.get('timeoutSeconds')),
    bookmarks: parseFlag(query.get('allowWatchBookmarks')) ?? false,
    sendInitialEvents: parseFlag(query.get('sendInitialEvents')),
  };
  const problems = isWatch ? watchProblems(options) : listProblems(options);
  if (problems.length > 0) throw invalidOptions('ListOptions', problems);
  return options;
}

/** A boolean of a query: whatever is given is true, but for `false` and `0`. */
export function parseFlag(value: string | null): boolean | undefined {
  if (value === null) return undefined;
  return value.toLowerCase() !== 'false' && value !== '0';
}

function integer(text: string | null): number {
  return text === null ? 0 : integerOf(text);
}

/** Of 64 bits. @throws {StatusError} 400, in Go's words */
export function integerOf(text: string): number {
  const parsing = `strconv.ParseInt: parsing ${JSON.stringify(text)}: `;
  if (!/^[+-]?\d+$/.test(text)) throw badRequest(`${parsing}invalid syntax`);
  if (text.length > 19 && BigInt.asIntN(64, BigInt(text)) !== BigInt(text))
    throw badRequest(`${parsing}value out of range`);
  return Number(text);
}

function listProblems({ match, resourceVersion, continueToken, sendInitialEvents }: ListOptions): OptionProblem[] {
  const problems: OptionProblem[] = [];
  const field = 'resourceVersionMatch';
  if (match !== '') {
    if (resourceVersion === '')
      problems.push(forbidden(field, 'resourceVersionMatch is forbidden unless resourceVersion is provided'));
    if (continueToken !== '')
      problems.push(forbidden(field, 'resourceVersionMatch is forbidden when continue is provided'));
    if (match !== 'Exact' && match !== 'NotOlderThan')
      problems.push(notSupported(match, '"Exact", "NotOlderThan", ""'));
    if (match === 'Exact' && resourceVersion === '0')
      problems.push(forbidden(field, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'));
  }
  if (sendInitialEvents !== undefined)
    problems.push(forbidden('sendInitialEvents', 'sendInitialEvents is forbidden for list'));
  return problems;
}

function watchProblems({ match, continueToken, sendInitialEvents }: ListOptions): OptionProblem[] {
  const problems: OptionProblem[] = [];
  const field = 'resourceVersionMatch';
  if (sendInitialEvents === undefined) {
    if (match !== '')
      problems.push(
        forbidden(field, 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided'),
      );
  } else if (match !== 'NotOlderThan') {
    problems.push(forbidden(field, 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'));
  }
  if (match !== '' && match !== 'NotOlderThan') problems.push(notSupported(match, '"NotOlderThan"'));
  if (continueToken !== '')
    problems.push(forbidden(field, 'resourceVersionMatch is forbidden when continue is provided'));
  return problems;
}

/**
 * A resource version of a query as a number.
 *
 * @throws {StatusError} 500 without a reason, as upstream, where the mistake comes out of the storage layer.
 */
export function parseRevision(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new StatusError(500, '', badVersionText(text));
  return Number(text);
}

/** The same for lists, whose storage answers 400. */
export function parseListRevision(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw badRequest(`invalid resource version: ${badVersionText(text)}`);
  return Number(text);
}

function badVersionText(text: string): string {
  const quoted = JSON.stringify(text);
  return `resourceVersion: Invalid value: ${quoted}: strconv.ParseUint: parsing ${quoted}: invalid syntax`;
}

/** The answer to a version of the future: nobody waits for it here, since every write is visible at once. */
export function tooLargeVersion(wanted: number, current: number): StatusError {
  return new StatusError(504, 'Timeout', `Timeout: Too large resource version: ${wanted}, current: ${current}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  });
}
