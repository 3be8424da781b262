import type { FieldError } from '@fluvial/schema';
import { duplicate, invalidValue, notSupported, required } from '../../field-errors.ts';
import { asArray, asObject, asString, isObject } from '../../json.ts';
import type { JsonObject } from '../../types.ts';
import { internalStruct } from '../go-print/internal-value.ts';
import { checkChoice, checkRange, checkRelativePath } from './rules.ts';
import { checkWindowsOptions } from './windows.ts';

const MAX_ID = 2147483647;
const PROFILES = ['Localhost', 'RuntimeDefault', 'Unconfined'];

function checkIds(context: JsonObject, path: string, ...fields: readonly string[]): FieldError[] {
  return fields.flatMap((field) => checkRange(context[field], `${path}.${field}`, 0, MAX_ID));
}

function checkSeccomp(profile: unknown, path: string): FieldError[] {
  if (!isObject(profile)) return [];
  const type = asString(profile['type']);
  const [at, local] = [`${path}.localhostProfile`, profile['localhostProfile']];
  const errors: FieldError[] = [];
  if (type === '') errors.push(required(`${path}.type`, 'type is required when seccompProfile is set'));
  else errors.push(...checkChoice(type, `${path}.type`, PROFILES));
  if (type !== 'Localhost') {
    const shown = internalStruct('SeccompProfile', profile);
    return local === undefined
      ? errors
      : [...errors, invalidValue(at, shown, 'can only be set when seccomp type is Localhost')];
  }
  return local === undefined
    ? [...errors, required(at, 'must be set when seccomp type is Localhost')]
    : [...errors, ...checkRelativePath(asString(local), at)];
}

function checkAppArmor(profile: unknown, path: string): FieldError[] {
  if (!isObject(profile)) return [];
  const type = asString(profile['type']);
  const [at, local] = [`${path}.localhostProfile`, profile['localhostProfile']];
  if (type === '') return [required(`${path}.type`, 'type is required when appArmorProfile is set')];
  if (!PROFILES.includes(type)) return [notSupported(`${path}.type`, type, PROFILES)];
  if (type !== 'Localhost')
    return local === undefined ? [] : [invalidValue(at, local, 'can only be set when AppArmor type is Localhost')];
  const text = asString(local);
  if (text.trim() !== text) return [invalidValue(at, text, 'must not be padded with whitespace')];
  return text === '' ? [required(at, 'must be set when AppArmor type is Localhost')] : [];
}

const SYSCTL = /^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$/;
const SYSCTL_TEXT =
  'must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$';
/** Kernel parameters of which each network, or each IPC space, has its own. */
const OF_NETWORK = /^net[./]/;
const OF_IPC = /^(kernel[./]shm|kernel[./]msg|kernel[./]sem$|fs[./]mqueue[./])/;

function checkSysctls(sysctls: unknown, path: string, spec: JsonObject): FieldError[] {
  const names = new Set<string>();
  return asArray(sysctls).flatMap((entry, i) => {
    const name = asString(asObject(entry)['name']);
    const at = `${path}[${i}].name`;
    const errors: FieldError[] = [];
    if (name === '') errors.push(required(at));
    else if (name.length > 253 || !SYSCTL.test(name)) errors.push(invalidValue(at, name, SYSCTL_TEXT));
    else if (names.has(name)) errors.push(duplicate(at, name));
    if (spec['hostNetwork'] === true && OF_NETWORK.test(name))
      errors.push(invalidValue(at, name, "may not be specified when 'hostNetwork' is true"));
    else if (spec['hostIPC'] === true && OF_IPC.test(name))
      errors.push(invalidValue(at, name, "may not be specified when 'hostIPC' is true"));
    names.add(name);
    return errors;
  });
}

/** `securityContext` of a pod. */
export function checkPodSecurity(spec: JsonObject, path: string): FieldError[] {
  const context = asObject(spec['securityContext']);
  const errors = checkIds(context, path, 'fsGroup', 'runAsUser', 'runAsGroup');
  asArray(context['supplementalGroups']).forEach((group, i) => {
    errors.push(...checkRange(group, `${path}.supplementalGroups[${i}]`, 0, MAX_ID));
  });
  if (spec['shareProcessNamespace'] === true && spec['hostPID'] === true)
    errors.push(
      invalidValue(`${path}.shareProcessNamespace`, true, 'ShareProcessNamespace and HostPID cannot both be enabled'),
    );
  return [
    ...errors,
    ...checkSysctls(context['sysctls'], `${path}.sysctls`, spec),
    ...checkChoice(context['fsGroupChangePolicy'], `${path}.fsGroupChangePolicy`, ['Always', 'OnRootMismatch']),
    ...checkSeccomp(context['seccompProfile'], `${path}.seccompProfile`),
    ...checkWindowsOptions(context['windowsOptions'], `${path}.windowsOptions`),
    ...checkAppArmor(context['appArmorProfile'], `${path}.appArmorProfile`),
    ...checkChoice(context['supplementalGroupsPolicy'], `${path}.supplementalGroupsPolicy`, ['Merge', 'Strict']),
    ...checkChoice(context['seLinuxChangePolicy'], `${path}.seLinuxChangePolicy`, ['Recursive']),
  ];
}

/** `securityContext` of a container. */
export function checkContainerSecurity(context: unknown, path: string, hostUsers: boolean): FieldError[] {
  if (!isObject(context)) return [];
  const errors = checkIds(context, path, 'runAsUser', 'runAsGroup');
  const mount = context['procMount'];
  errors.push(...checkChoice(mount, `${path}.procMount`, ['Default', 'Unmasked']));
  if (hostUsers && mount === 'Unmasked')
    errors.push(invalidValue(`${path}.procMount`, mount, '`hostUsers` must be false to use `Unmasked`'));
  errors.push(...checkSeccomp(context['seccompProfile'], `${path}.seccompProfile`));
  if (context['allowPrivilegeEscalation'] === false) {
    const clash = (what: string) =>
      errors.push(
        invalidValue(
          path,
          internalStruct('SecurityContext', context),
          `cannot set \`allowPrivilegeEscalation\` to false and ${what}`,
        ),
      );
    if (context['privileged'] === true) clash('`privileged` to true');
    for (const added of asArray(asObject(context['capabilities'])['add']))
      if (added === 'CAP_SYS_ADMIN') clash('`capabilities.Add` CAP_SYS_ADMIN');
  }
  return [
    ...errors,
    ...checkWindowsOptions(context['windowsOptions'], `${path}.windowsOptions`),
    ...checkAppArmor(context['appArmorProfile'], `${path}.appArmorProfile`),
  ];
}
