import { createGoDecoder } from '../builtin/decode/go-decoder.ts';
import { badRequest, StatusError } from '../errors.ts';
import { invalidValue } from '../field-errors.ts';
import { type Exchange, readBody } from '../http/exchange.ts';
import { asString, isObject } from '../json.ts';
import type { JsonObject } from '../types.ts';
import { parseBody } from './body.ts';
import { reasonOf } from './converter.ts';
import { integerOf, parseFlag } from './list-options.ts';
import type { DeleteOptions } from './object-writer.ts';
import { dryRunProblems, invalidOptions, type OptionProblem } from './options-error.ts';

const decoder = createGoDecoder('io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions');

/** What the body of a deletion says, or its query when there is none. @throws {StatusError} 400, 422 */
export async function deleteOptions({ request, query }: Exchange): Promise<DeleteOptions> {
  const body = await readBody(request);
  const given = body.length > 0 ? bodyOptions(body, request.headers['content-type']) : queryOptions(query);
  const { propagationPolicy: policy, orphanDependents: orphan } = given;
  const dryRun = Array.isArray(given['dryRun']) ? given['dryRun'].map(String) : [];
  const problems = [...policyProblems(policy, orphan), ...dryRunProblems(dryRun)];
  if (problems.length > 0) throw invalidOptions('DeleteOptions', problems);
  const preconditions = isObject(given['preconditions']) ? given['preconditions'] : {};
  const grace = given['gracePeriodSeconds'];
  return {
    dryRun: dryRun.length > 0,
    propagationPolicy:
      policy !== undefined ? (policy as DeleteOptions['propagationPolicy']) : orphan === true ? 'Orphan' : undefined,
    gracePeriodSeconds: typeof grace === 'number' ? grace : undefined,
    preconditions: {
      uid: asString(preconditions['uid']) || undefined,
      resourceVersion: asString(preconditions['resourceVersion']) || undefined,
    },
  };
}

function bodyOptions(body: Buffer, contentType: string | undefined): JsonObject {
  const given = parseOptions(body, contentType);
  if (!isObject(given)) return {};
  const kind = asString(given['kind']);
  if (kind !== '' && kind !== 'DeleteOptions') {
    const version = asString(given['apiVersion']) || 'meta.k8s.io/v1';
    throw badRequest(
      `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(version)} in scheme "pkg/runtime/scheme.go:111"`,
    );
  }
  try {
    decoder.decode(given, { kind: 'DeleteOptions', version: 'v1' });
  } catch (error) {
    throw error instanceof StatusError ? badRequest(reasonOf(error)) : error;
  }
  return given;
}

function queryOptions(query: URLSearchParams): JsonObject {
  const policy = query.get('propagationPolicy');
  const orphan = parseFlag(query.get('orphanDependents'));
  const grace = query.get('gracePeriodSeconds');
  return {
    dryRun: query.getAll('dryRun'),
    ...(policy === null ? {} : { propagationPolicy: policy }),
    ...(orphan === undefined ? {} : { orphanDependents: orphan }),
    ...(grace === null ? {} : { gracePeriodSeconds: integerOf(grace) }),
  };
}

function policyProblems(policy: unknown, orphan: unknown): OptionProblem[] {
  if (policy === undefined) return [];
  if (policy !== 'Background' && policy !== 'Foreground' && policy !== 'Orphan') {
    const message = `Unsupported value: ${JSON.stringify(policy)}: supported values: "Foreground", "Background", "Orphan", "nil"`;
    return [{ field: 'propagationPolicy', reason: 'FieldValueNotSupported', message }];
  }
  if (orphan === undefined) return [];
  return [invalidValue('propagationPolicy', policy, 'orphanDependents and deletionPropagation cannot be both set')];
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
