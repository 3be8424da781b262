import type { FieldError } from '@fluvial/schema';
import { forbiddenField, invalidValue, notSupported, required } from '../../field-errors.ts';
import { asArray, asNumber, asObject, asString, isObject } from '../../json.ts';
import type { JsonObject } from '../../types.ts';
import { checkPort, checkPortOrName, checkTexts, notNegative } from './rules.ts';

const HANDLERS = ['exec', 'httpGet', 'tcpSocket', 'grpc', 'sleep'];
const HEADER_TEXT =
  "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')";

/** What of the pod these rules need. */
export interface PodTimes {
  /** `terminationGracePeriodSeconds` */
  readonly grace: unknown;
  /** `os.name`; undefined without `os`. */
  readonly os: unknown;
}

/** What a probe or a lifecycle hook does: exactly one thing. */
function checkHandler(action: JsonObject, path: string, pod: PodTimes): FieldError[] {
  const given = HANDLERS.filter((handler) => isObject(action[handler]));
  if (given.length === 0) return [required(path, 'must specify a handler type')];
  return given.flatMap((handler, i) =>
    i > 0
      ? [forbiddenField(`${path}.${handler}`, 'may not specify more than 1 handler type')]
      : checkAction(handler, asObject(action[handler]), `${path}.${handler}`, pod),
  );
}

function checkAction(handler: string, action: JsonObject, path: string, { grace }: PodTimes): FieldError[] {
  switch (handler) {
    case 'exec':
      return asArray(action['command']).length === 0 ? [required(`${path}.command`)] : [];
    case 'httpGet':
      return checkHttpGet(action, path);
    case 'tcpSocket':
      return checkPortOrName(action['port'], `${path}.port`);
    case 'grpc':
      return checkPort(action['port'], `${path}.port`);
    default: {
      const seconds = asNumber(action['seconds']);
      return typeof grace === 'number' && (seconds < 0 || seconds > grace)
        ? [invalidValue(path, seconds, `must be non-negative and less than terminationGracePeriodSeconds (${grace})`)]
        : [];
    }
  }
}

function checkHttpGet(action: JsonObject, path: string): FieldError[] {
  const scheme = asString(action['scheme']);
  return [
    ...checkTexts(action, path, 'path'),
    ...checkPortOrName(action['port'], `${path}.port`),
    ...(scheme === 'HTTP' || scheme === 'HTTPS' ? [] : [notSupported(`${path}.scheme`, scheme, ['HTTP', 'HTTPS'])]),
    ...asArray(action['httpHeaders']).flatMap((entry) => {
      const name = asString(asObject(entry)['name']);
      return /^[-A-Za-z0-9]+$/.test(name) ? [] : [invalidValue(`${path}.httpHeaders`, name, HEADER_TEXT)];
    }),
  ];
}

const NUMBERS = ['initialDelaySeconds', 'timeoutSeconds', 'periodSeconds', 'successThreshold', 'failureThreshold'];

function checkProbe(probe: JsonObject, path: string, pod: PodTimes): FieldError[] {
  const grace = probe['terminationGracePeriodSeconds'];
  const at = `${path}.terminationGracePeriodSeconds`;
  const errors = [...checkHandler(probe, path, pod), ...notNegative(probe, path, NUMBERS)];
  if (typeof grace === 'number' && grace <= 0) errors.push(invalidValue(at, grace, 'must be greater than 0'));
  if (path.endsWith('.readinessProbe')) {
    if (grace !== undefined) errors.push(invalidValue(at, grace, 'must not be set for readinessProbes'));
    // For the others a single success counts.
  } else if (asNumber(probe['successThreshold']) !== 1)
    errors.push(invalidValue(`${path}.successThreshold`, asNumber(probe['successThreshold']), 'must be 1'));
  return errors;
}

const COMMON_SIGNALS = ['SIGKILL', 'SIGTERM'];
const NUMBERED = (prefix: string, from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => `${prefix}${from + i}`);
/** As Go sorts them. */
const LINUX_SIGNALS = [
  ...['ABRT', 'ALRM', 'BUS', 'CHLD', 'CLD', 'CONT', 'FPE', 'HUP', 'ILL', 'INT', 'IO', 'IOT', 'KILL', 'PIPE', 'POLL'],
  ...['PROF', 'PWR', 'QUIT', 'RTMAX', 'RTMIN', 'SEGV', 'STKFLT', 'STOP', 'SYS', 'TERM', 'TRAP', 'TSTP', 'TTIN', 'TTOU'],
  ...[
    'URG',
    'USR1',
    'USR2',
    'VTALRM',
    'WINCH',
    'XCPU',
    'XFSZ',
    ...NUMBERED('RTMAX-', 1, 14),
    ...NUMBERED('RTMIN+', 1, 15),
  ],
]
  .map((name) => `SIG${name}`)
  .sort();

/** Hooks and probes of a container that stays. */
export function checkLife(container: JsonObject, path: string, pod: PodTimes): FieldError[] {
  const errors: FieldError[] = [];
  const lifecycle = asObject(container['lifecycle']);
  for (const hook of ['postStart', 'preStop'])
    if (isObject(lifecycle[hook])) errors.push(...checkHandler(lifecycle[hook], `${path}.lifecycle.${hook}`, pod));
  const signal = lifecycle['stopSignal'];
  if (signal !== undefined) {
    const at = `${path}.lifecycle.stopSignal`;
    const known = pod.os === 'windows' ? COMMON_SIGNALS : pod.os === 'linux' ? LINUX_SIGNALS : undefined;
    if (pod.os === undefined)
      errors.push(forbiddenField(at, 'may not be set for containers with empty `spec.os.name`'));
    else if (known !== undefined && !known.includes(asString(signal))) errors.push(notSupported(at, signal, known));
  }
  for (const probe of ['livenessProbe', 'readinessProbe', 'startupProbe'])
    if (isObject(container[probe])) errors.push(...checkProbe(container[probe], `${path}.${probe}`, pod));
  return errors;
}

/** Containers that end have neither. */
export function checkNoLife(container: JsonObject, path: string): FieldError[] {
  return ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe']
    .filter((field) => container[field] !== undefined)
    .map((field) =>
      forbiddenField(`${path}.${field}`, 'may not be set for init containers without restartPolicy=Always'),
    );
}
