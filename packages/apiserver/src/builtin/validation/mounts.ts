import type { FieldError } from '@fluvial/schema';
import { forbiddenField, invalidValue, notFoundValue, required } from '../../field-errors.ts';
import { asArray, asObject, asString } from '../../json.ts';
import type { JsonObject } from '../../types.ts';
import { checkChoice, checkNoClimbing, checkRelativePath } from './rules.ts';

/** Volumes of a pod by name: where they come from. */
export type KnownVolumes = ReadonlyMap<string, JsonObject>;

const PROPAGATIONS = ['Bidirectional', 'HostToContainer', 'None'];
const RECURSIVE = ['Disabled', 'Enabled', 'IfPossible'];

/** `volumeMounts` of a container. */
export function checkMounts(container: JsonObject, path: string, volumes: KnownVolumes): FieldError[] {
  const errors: FieldError[] = [];
  const places = new Set<string>();
  const devices = asArray(container['volumeDevices']).map(asObject);
  asArray(container['volumeMounts']).forEach((entry, i) => {
    const mount = asObject(entry);
    const at = `${path}[${i}]`;
    const [name, where] = [asString(mount['name']), asString(mount['mountPath'])];
    if (name === '') errors.push(required(`${at}.name`));
    if (!volumes.has(name)) errors.push(notFoundValue(`${at}.name`, name));
    if (where === '') errors.push(required(`${at}.mountPath`));
    if (places.has(where)) errors.push(invalidValue(`${at}.mountPath`, where, 'must be unique'));
    places.add(where);
    if (devices.some((device) => asString(device['name']) === name))
      errors.push(invalidValue(`${at}.name`, name, 'must not already exist in volumeDevices'));
    if (devices.some((device) => asString(device['devicePath']) === where))
      errors.push(invalidValue(`${at}.mountPath`, where, 'must not already exist as a path in volumeDevices'));
    const [sub, expression] = [asString(mount['subPath']), asString(mount['subPathExpr'])];
    // Upstream leaves the index out of these paths.
    errors.push(...checkRelativePath(sub, `${path}.subPath`));
    if (sub !== '' && expression !== '')
      errors.push(invalidValue(`${at}.subPathExpr`, expression, 'subPathExpr and subPath are mutually exclusive'));
    errors.push(...checkRelativePath(expression, `${path}.subPathExpr`));
    const propagation = mount['mountPropagation'];
    errors.push(...checkChoice(propagation, `${path}.mountPropagation`, PROPAGATIONS));
    if (propagation === 'Bidirectional' && asObject(container['securityContext'])['privileged'] !== true)
      errors.push(
        forbiddenField(
          `${path}.mountPropagation`,
          'Bidirectional mount propagation is available only to privileged containers',
        ),
      );
    errors.push(...checkRecursive(mount, `${path}.recursiveReadOnly`));
  });
  return errors;
}

function checkRecursive(mount: JsonObject, path: string): FieldError[] {
  const { recursiveReadOnly, readOnly, mountPropagation } = mount;
  if (recursiveReadOnly === 'Disabled') return [];
  if (recursiveReadOnly !== 'Enabled' && recursiveReadOnly !== 'IfPossible')
    return checkChoice(recursiveReadOnly, path, RECURSIVE);
  const errors: FieldError[] = [];
  if (readOnly !== true) errors.push(forbiddenField(path, 'may only be specified when readOnly is true'));
  if (mountPropagation !== undefined && mountPropagation !== 'None')
    errors.push(forbiddenField(path, 'may only be specified when mountPropagation is None or not specified'));
  return errors;
}

/** `volumeDevices` of a container. */
export function checkDevices(container: JsonObject, path: string, volumes: KnownVolumes): FieldError[] {
  const errors: FieldError[] = [];
  const [names, places] = [new Set<string>(), new Set<string>()];
  const mounts = asArray(container['volumeMounts']).map(asObject);
  asArray(container['volumeDevices']).forEach((entry, i) => {
    const device = asObject(entry);
    const at = `${path}[${i}]`;
    const [name, where] = [asString(device['name']), asString(device['devicePath'])];
    const wrong = (field: string, value: string, text: string) =>
      errors.push(invalidValue(`${at}.${field}`, value, text));
    const volume = volumes.get(name);
    if (name === '') errors.push(required(`${at}.name`));
    if (names.has(name)) wrong('name', name, 'must be unique');
    if (volume === undefined) errors.push(notFoundValue(`${at}.name`, name));
    else if (volume['persistentVolumeClaim'] === undefined && volume['ephemeral'] === undefined)
      wrong('name', name, 'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode');
    if (where === '') errors.push(required(`${at}.devicePath`));
    if (places.has(where)) wrong('devicePath', where, 'must be unique');
    if (checkNoClimbing(where, at).length > 0) wrong('devicePath', where, "can not contain backsteps ('..')");
    else places.add(where);
    if (mounts.some((mount) => asString(mount['name']) === name))
      wrong('name', name, 'must not already exist in volumeMounts');
    if (mounts.some((mount) => asString(mount['mountPath']) === where))
      wrong('devicePath', where, 'must not already exist as a path in volumeMounts');
    if (name !== '') names.add(name);
  });
  return errors;
}
