import { invalidValue, tooLong } from '../field-errors.ts';
import type { Exchange } from '../http/exchange.ts';
import { mediaTypeOf } from './body.ts';
import type { WriteOptions } from './object-writer.ts';
import { dryRunProblems, invalidOptions, type OptionProblem, unsupported } from './options-error.ts';

const OPTION_KINDS: { readonly [method: string]: string } = { PUT: 'UpdateOptions', PATCH: 'PatchOptions' };
const VALIDATIONS = ['', 'Ignore', 'Strict', 'Warn'];
const MAX_MANAGER_BYTES = 128;

/** What the query of a write says. @throws {StatusError} 422, for everything that is wrong with it */
export function writeOptions({ query, request, warnings, user }: Exchange): WriteOptions {
  const given = query.get('fieldManager') ?? '';
  const dryRun = query.getAll('dryRun');
  const validation = query.get('fieldValidation') ?? '';
  const problems: OptionProblem[] = [
    ...(request.method === 'PATCH' ? patchProblems(request.headers['content-type'], query) : []),
    ...managerProblems(given),
    ...dryRunProblems(dryRun),
    ...(VALIDATIONS.includes(validation)
      ? []
      : [unsupported('fieldValidation', JSON.stringify(validation), VALIDATIONS)]),
  ];
  if (problems.length > 0) throw invalidOptions(OPTION_KINDS[request.method ?? ''] ?? 'CreateOptions', problems);
  return {
    dryRun: dryRun.length > 0,
    manager: given === '' ? managerFromUserAgent(request.headers['user-agent']) : given,
    warn: (text) => warnings.push(text),
    user,
  };
}

function patchProblems(contentType: string | undefined, query: URLSearchParams): OptionProblem[] {
  const isApply = mediaTypeOf(contentType) === 'application/apply-patch+yaml';
  if (isApply && (query.get('fieldManager') ?? '') === '')
    return [
      {
        field: 'fieldManager',
        reason: 'FieldValueRequired',
        message: 'Required value: is required for apply patch',
      },
    ];
  if (isApply || query.get('force') === null) return [];
  const message = 'Forbidden: may not be specified for non-apply patch';
  return [{ field: 'force', reason: 'FieldValueForbidden', message }];
}

function managerProblems(given: string): OptionProblem[] {
  if (Buffer.byteLength(given) > MAX_MANAGER_BYTES) return [tooLong('fieldManager', MAX_MANAGER_BYTES)];
  const position = [...given].findIndex((character) => /\p{C}/u.test(character));
  if (position < 0) return [];
  const code = given.codePointAt(position)?.toString(16).toUpperCase().padStart(4, '0');
  return [invalidValue('fieldManager', given, `invalid character U+${code} (at position ${position})`)];
}

/** The part of the agent before the first slash, printable, at most 128 characters: upstream's `prefixFromUserAgent`. */
function managerFromUserAgent(agent: string | undefined): string {
  const prefix = (agent ?? '').split('/', 1)[0]!;
  const printable = prefix.replace(/[^\P{C}]/gu, '').slice(0, MAX_MANAGER_BYTES);
  return printable === '' ? 'unknown' : printable;
}
