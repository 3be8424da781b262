import type { FieldError } from '@fluvial/schema';
import { forbiddenField, invalidValue, required } from '../../field-errors.ts';
import { asArray, asObject, asString, isObject } from '../../json.ts';
import type { JsonObject } from '../../types.ts';
import { checkPort, checkPortOrName, notNegative } from './rules.ts';

const HANDLERS = ['exec', 'httpGet', 'tcpSocket', 'grpc', 'sleep'];

/** What a probe or a lifecycle hook does: exactly one thing. */
export function checkHandler(action: JsonObject, path: string): FieldError[] {
  const given = HANDLERS.filter((handler) => isObject(action[handler]));
  if (given.length === 0) return [required(path, 'must specify a handler type')];
  return given.flatMap((handler, i) =>
    i > 0
      ? [forbiddenField(`${path}.${handler}`, 'may not specify more than 1 handler type')]
      : checkAction(handler, asObject(action[handler]), `${path}.${handler}`),
  );
}

function checkAction(handler: string, action: JsonObject, path: string): FieldError[] {
  switch (handler) {
    case 'exec':
      return asArray(action['command']).length === 0 ? [required(`${path}.command`)] : [];
    case 'httpGet':
      return [
        ...(asString(action['path']) === '' ? [required(`${path}.path`)] : []),
        ...checkPortOrName(action['port'], `${path}.port`),
      ];
    case 'tcpSocket':
      return checkPortOrName(action['port'], `${path}.port`);
    case 'grpc':
      return checkPort(action['port'], `${path}.port`);
    default:
      return [];
  }
}

const NUMBERS = ['initialDelaySeconds', 'timeoutSeconds', 'periodSeconds', 'successThreshold', 'failureThreshold'];

/** @param once Whether a single success counts: liveness and startup. */
export function checkProbe(probe: JsonObject, path: string, once: boolean): FieldError[] {
  const errors = [...checkHandler(probe, path), ...notNegative(probe, path, NUMBERS)];
  if (once && probe['successThreshold'] !== undefined && probe['successThreshold'] !== 1)
    errors.push(invalidValue(`${path}.successThreshold`, probe['successThreshold'], 'must be 1'));
  return errors;
}
