import { badRequest, StatusError } from '../errors.ts';
import { invalidValue } from '../field-errors.ts';
import { type Exchange, readBody } from '../http/exchange.ts';
import { asString, isObject } from '../json.ts';
import { dryRunOf, parseBody } from './body.ts';
import type { DeleteOptions } from './object-writer.ts';

/** What the query and the body of a deletion say. @throws {StatusError} 400, 422 */
export async function deleteOptions(exchange: Exchange): Promise<DeleteOptions> {
  const { query } = exchange;
  const body = await readBody(exchange.request);
  let given: { [key: string]: unknown } = {};
  if (body.length > 0) {
    const value = parseOptions(body, exchange.request.headers['content-type']);
    if (isObject(value)) given = value;
    const kind = asString(given['kind']);
    if (kind !== '' && kind !== 'DeleteOptions') {
      const version = asString(given['apiVersion']) || 'meta.k8s.io/v1';
      throw badRequest(
        `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(version)} in scheme "pkg/runtime/scheme.go:111"`,
      );
    }
  }
  const policy = asString(given['propagationPolicy']) || (query.get('propagationPolicy') ?? '');
  const orphan = given['orphanDependents'] ?? query.get('orphanDependents');
  if (policy !== '' && policy !== 'Background' && policy !== 'Foreground' && policy !== 'Orphan') {
    const message = `Unsupported value: ${JSON.stringify(policy)}: supported values: "Foreground", "Background", "Orphan", "nil"`;
    throw badPolicy('FieldValueNotSupported', message);
  }
  if (policy !== '' && orphan !== null && orphan !== undefined) {
    const why = 'orphanDependents and deletionPropagation cannot be both set';
    throw badPolicy('FieldValueInvalid', invalidValue('propagationPolicy', policy, why).message);
  }
  const preconditions = isObject(given['preconditions']) ? given['preconditions'] : {};
  const dry = [...query.getAll('dryRun'), ...(Array.isArray(given['dryRun']) ? given['dryRun'].map(String) : [])];
  const grace = given['gracePeriodSeconds'];
  const asked = query.get('gracePeriodSeconds') ?? '';
  if (!/^[+-]?\d*$/.test(asked)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(asked)}: invalid syntax`);
  return {
    dryRun: dryRunOf(dry, 'DeleteOptions'),
    propagationPolicy: policy !== '' ? policy : orphan === true || orphan === 'true' ? 'Orphan' : undefined,
    gracePeriodSeconds: typeof grace === 'number' ? grace : undefined,
    preconditions: {
      uid: asString(preconditions['uid']) || undefined,
      resourceVersion: asString(preconditions['resourceVersion']) || undefined,
    },
  };
}

function parseOptions(body: Buffer, contentType: string | undefined): unknown {
  try {
    return parseBody(body, contentType);
  } catch (error) {
    const [, why] =
      error instanceof StatusError
        ? (/\): (couldn't get version\/kind; .*) \([^)]*\)$/s.exec(error.message) ?? [])
        : [];
    throw why === undefined ? error : badRequest(why);
  }
}

function badPolicy(reason: string, message: string): StatusError {
  return new StatusError(422, 'Invalid', `DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: ${message}`, {
    group: 'meta.k8s.io',
    kind: 'DeleteOptions',
    causes: [{ reason, message, field: 'propagationPolicy' }],
  });
}
