import type { FieldError } from '@fluvial/schema';
import { forbiddenField, invalidValue, notSupported, required } from '../../field-errors.ts';
import { asArray, asObject, asString, isObject } from '../../json.ts';
import { checkSubdomain } from '../../rest/names.ts';
import type { JsonObject } from '../../types.ts';
import { each } from './rules.ts';

const NET_BIOS = /^[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}$/;
const DOMAIN = /^[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$/;

/** `windowsOptions` of a pod or a container. */
export function checkWindowsOptions(options: unknown, path: string): FieldError[] {
  if (!isObject(options)) return [];
  const { gmsaCredentialSpecName: name, gmsaCredentialSpec: spec, runAsUserName: user } = options;
  const errors: FieldError[] = [];
  if (name !== undefined) errors.push(...each(`${path}.gmsaCredentialSpecName`, name, checkSubdomain(asString(name))));
  const at = `${path}.gmsaCredentialSpec`;
  if (spec === '') errors.push(invalidValue(at, spec, 'gmsaCredentialSpec cannot be an empty string'));
  else if (Buffer.byteLength(asString(spec)) > 64 * 1024)
    errors.push(invalidValue(at, spec, 'gmsaCredentialSpec size must be under 64 KiB'));
  if (typeof user === 'string')
    errors.push(...checkUser(user).map((text) => invalidValue(`${path}.runAsUserName`, user, text)));
  return errors;
}

function checkUser(name: string): string[] {
  if (name === '') return ['runAsUserName cannot be an empty string'];
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\x00-\x1f\x7f]/.test(name)) return ['runAsUserName cannot contain control characters'];
  const parts = name.split('\\');
  if (parts.length > 2) return ['runAsUserName cannot contain more than one backslash'];
  const user = parts.at(-1) ?? '';
  const domain = parts.length === 2 ? (parts[0] ?? '') : undefined;
  const errors: string[] = [];
  if ((domain ?? '').length >= 256) errors.push("runAsUserName's Domain length must be under 256 characters");
  if (domain !== undefined && !NET_BIOS.test(domain) && !DOMAIN.test(domain))
    errors.push("runAsUserName's Domain doesn't match the NetBios nor the DNS format");
  if (user === '') errors.push("runAsUserName's User cannot be empty");
  else if (user.length > 104) errors.push("runAsUserName's User length must not be longer than 104 characters");
  if (/^[. ]+$/.test(user)) errors.push("runAsUserName's User cannot contain only periods or spaces");
  if (/["/\\:;|=,+*?<>@[\]]/.test(user))
    errors.push('runAsUserName\'s User cannot contain the following characters: "/\\:;|=,+*?<>@[]');
  return errors;
}

/** The containers of a pod with their paths, those that come first in front. */
export function containersOf(spec: JsonObject, path: string): { container: JsonObject; path: string }[] {
  return ['initContainers', 'containers', 'ephemeralContainers'].flatMap((list) =>
    asArray(spec[list]).map((entry, i) => ({ container: asObject(entry), path: `${path}.${list}[${i}]` })),
  );
}

function hostProcess(owner: JsonObject): unknown {
  return asObject(asObject(owner['securityContext'])['windowsOptions'])['hostProcess'];
}

/** Containers that are processes of the host: all of them or none. */
export function checkHostProcesses(spec: JsonObject, path: string): FieldError[] {
  const ofPod = hostProcess(spec);
  const all = containersOf(spec, path);
  const errors: FieldError[] = [];
  for (const { container, path: at } of all) {
    const own = hostProcess(container);
    if (ofPod !== undefined && own !== undefined && own !== ofPod)
      errors.push(
        invalidValue(
          `${at}.securityContext.windowsOptions.hostProcess`,
          own,
          `pod hostProcess value must be identical if both are specified, was ${ofPod}`,
        ),
      );
  }
  const count = all.filter(({ container }) => (hostProcess(container) ?? ofPod) === true).length;
  if (count === 0) return errors;
  if (count !== all.length)
    errors.push(
      invalidValue(
        path,
        '',
        'If pod contains any hostProcess containers then all containers must be HostProcess containers',
      ),
    );
  if (spec['hostNetwork'] !== true)
    errors.push(
      invalidValue(`${path}.hostNetwork`, false, 'hostNetwork must be true if pod contains any hostProcess containers'),
    );
  return errors;
}

/** What a pod for Windows cannot have, in the order of its errors; fields of the pod itself are marked. */
const NOT_FOR_WINDOWS = [
  ...['appArmorProfile', 'seLinuxOptions', '^hostUsers', '^hostPID', '^hostIPC', 'seccompProfile', 'fsGroup'],
  ...['fsGroupChangePolicy', 'sysctls', '^shareProcessNamespace', 'runAsUser', 'runAsGroup', 'supplementalGroups'],
  ...['supplementalGroupsPolicy', 'seLinuxChangePolicy'],
];
const NOT_FOR_WINDOWS_CONTAINERS = [
  ...['appArmorProfile', 'seLinuxOptions', 'seccompProfile', 'capabilities', 'readOnlyRootFilesystem', 'privileged'],
  ...['allowPrivilegeEscalation', 'procMount', 'runAsUser', 'runAsGroup'],
];

/** `os` of a pod, and what goes with it. */
export function checkOs(spec: JsonObject, path: string): FieldError[] {
  if (!isObject(spec['os'])) return [];
  const name = asString(spec['os']['name']);
  if (name === '') return [required(`${path}.os.name`)];
  if (name !== 'linux' && name !== 'windows') return [notSupported(`${path}.os`, name, ['linux', 'windows'])];
  const context = asObject(spec['securityContext']);
  const containers = containersOf(spec, path).map(({ container, path: at }) => ({
    own: asObject(container['securityContext']),
    at: `${at}.securityContext`,
  }));
  if (name === 'linux') {
    const text = 'windows options cannot be set for a linux pod';
    return [{ own: context, at: `${path}.securityContext` }, ...containers]
      .filter(({ own }) => own['windowsOptions'] !== undefined)
      .map(({ at }) => forbiddenField(`${at}.windowsOptions`, text));
  }
  const text = 'cannot be set for a windows pod';
  const ofPod = NOT_FOR_WINDOWS.flatMap((marked) => {
    const field = marked.replace('^', '');
    const value = marked === field ? context[field] : spec[field];
    const isSet = field === 'hostPID' || field === 'hostIPC' ? value === true : value !== undefined;
    return isSet ? [forbiddenField(`${path}.${marked === field ? 'securityContext.' : ''}${field}`, text)] : [];
  });
  const ofContainers = containers.flatMap(({ own, at }) =>
    NOT_FOR_WINDOWS_CONTAINERS.filter((field) => own[field] !== undefined).map((f) =>
      forbiddenField(`${at}.${f}`, text),
    ),
  );
  return [...ofPod, ...ofContainers];
}
