import { StatusError } from '../errors.ts';
import { invalidValue } from '../field-errors.ts';
import type { Exchange } from '../http/exchange.ts';
import { dryRunOf } from './body.ts';
import type { WriteOptions } from './object-writer.ts';

/** What the query of a write says. @throws {StatusError} 422 */
export function writeOptions(exchange: Exchange): WriteOptions {
  const given = exchange.query.get('fieldManager') ?? '';
  const optionsKind = OPTION_KINDS[exchange.request.method ?? ''] ?? 'CreateOptions';
  checkFieldManager(given, optionsKind);
  return {
    dryRun: dryRunOf(exchange.query.getAll('dryRun'), optionsKind),
    manager: given === '' ? managerFromUserAgent(exchange.request.headers['user-agent']) : given,
    warn: (text) => exchange.warnings.push(text),
    user: exchange.user,
  };
}

const OPTION_KINDS: { readonly [method: string]: string } = { PUT: 'UpdateOptions', PATCH: 'PatchOptions' };

function checkFieldManager(given: string, kind: string): void {
  const refuse = (reason: string, message: string): never => {
    throw new StatusError(422, 'Invalid', `${kind}.meta.k8s.io "" is invalid: fieldManager: ${message}`, {
      group: 'meta.k8s.io',
      kind,
      causes: [{ reason, message, field: 'fieldManager' }],
    });
  };
  if (given.length > 128) refuse('FieldValueTooLong', 'Too long: may not be more than 128 bytes');
  const position = [...given].findIndex((character) => /\p{C}/u.test(character));
  if (position < 0) return;
  const code = given.codePointAt(position)?.toString(16).toUpperCase().padStart(4, '0');
  const why = `invalid character U+${code} (at position ${position})`;
  refuse('FieldValueInvalid', invalidValue('fieldManager', given, why).message);
}

/** The part of the agent before the first slash, printable, at most 128 characters: upstream's `prefixFromUserAgent`. */
function managerFromUserAgent(agent: string | undefined): string {
  const prefix = (agent ?? '').split('/', 1)[0]!;
  const printable = prefix.replace(/[^\P{C}]/gu, '').slice(0, 128);
  return printable === '' ? 'unknown' : printable;
}
