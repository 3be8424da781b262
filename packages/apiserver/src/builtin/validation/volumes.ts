import type { FieldError } from '@fluvial/schema';
import { duplicate, forbiddenField, invalidValue, required } from '../../field-errors.ts';
import { asArray, asObject, asString, isObject } from '../../json.ts';
import { checkLabel, checkSubdomain } from '../../rest/names.ts';
import type { JsonObject } from '../../types.ts';
import { checkClaimTemplate } from './claims.ts';
import { PULL_POLICIES } from './containers.ts';
import { checkDownwardFile, checkItems, projected } from './projections.ts';
import { nanoOf } from './quantities.ts';
import { checkFileMode, checkName, checkNeededChoice, checkTexts, each } from './rules.ts';
import * as shared from './volume-sources.ts';

/** What of the pod its volumes need: its name, where it has one. */
export interface VolumeScope {
  readonly podName: string;
  /** A pod rather than a template. */
  readonly isPod: boolean;
}

interface Source {
  readonly field: string;
  /** What upstream calls it in the paths of its errors, and where it is one too many. */
  readonly path?: string;
  readonly extra?: string;
  check(value: JsonObject, path: string, scope: VolumeScope): FieldError[];
}

const simple = (field: string, rule: shared.SourceRule, names: Partial<Source> = {}): Source => ({
  field,
  ...names,
  check: (value, path) => rule(value, path, false),
});

/** In the order in which they are looked at. */
const SOURCES: readonly Source[] = [
  simple('emptyDir', (value, path) =>
    nanoOf(value['sizeLimit']) < 0n
      ? [forbiddenField(`${path}.sizeLimit`, 'SizeLimit field must be a valid resource quantity')]
      : [],
  ),
  simple('hostPath', shared.hostPath),
  simple('gitRepo', shared.gitRepo),
  simple('gcePersistentDisk', shared.disk('pdName'), { path: 'persistentDisk' }),
  simple('awsElasticBlockStore', shared.disk('volumeID')),
  simple('secret', keyed('secretName')),
  simple('nfs', shared.nfs),
  simple('iscsi', shared.iscsi),
  simple('glusterfs', shared.glusterfs),
  simple('flocker', shared.flocker),
  simple('persistentVolumeClaim', shared.texts('claimName')),
  simple('rbd', shared.rbd),
  simple('cinder', shared.cinder),
  simple('cephfs', shared.monitors, { extra: 'cephFS' }),
  simple('quobyte', shared.quobyte),
  simple(
    'downwardAPI',
    (value, path) => [
      ...checkFileMode(value['defaultMode'], `${path}.defaultMode`),
      ...asArray(value['items']).flatMap((item) => checkDownwardFile(asObject(item), path)),
    ],
    { extra: 'downwarAPI' },
  ),
  simple('fc', shared.fc),
  simple('flexVolume', shared.flexVolume),
  simple('configMap', keyed('name')),
  simple('azureFile', shared.azureFile),
  simple('vsphereVolume', shared.texts('volumePath')),
  simple('photonPersistentDisk', shared.texts('pdID')),
  simple('portworxVolume', shared.texts('volumeID')),
  simple('azureDisk', shared.azureDisk),
  simple('storageos', shared.storageos),
  { field: 'projected', check: projected },
  simple('scaleIO', shared.texts('gateway', 'system', 'volumeName')),
  simple('csi', (value, path) => {
    const secret = value['nodePublishSecretRef'];
    if (!isObject(secret)) return shared.checkDriverName(value['driver'], `${path}.driver`);
    return [
      ...shared.checkDriverName(value['driver'], `${path}.driver`),
      ...checkTexts(secret, `${path}.nodePublishSecretRef`, 'name'),
      // Upstream names another field here.
      ...checkName(secret['name'], `${path}.name`, checkSubdomain),
    ];
  }),
  {
    field: 'ephemeral',
    check: (value, path) =>
      isObject(value['volumeClaimTemplate'])
        ? checkClaimTemplate(value['volumeClaimTemplate'], `${path}.volumeClaimTemplate`)
        : [required(`${path}.volumeClaimTemplate`)],
  },
  {
    field: 'image',
    check: (value, path, { isPod }) => [
      ...(isPod ? checkTexts(value, path, 'reference') : []),
      ...checkNeededChoice(value['pullPolicy'], `${path}.pullPolicy`, PULL_POLICIES),
    ],
  },
];

/** Files made of the keys of a config map or a secret. */
function keyed(nameField: string): shared.SourceRule {
  return (value, path) => [
    ...checkTexts(value, path, nameField),
    ...checkFileMode(value['defaultMode'], `${path}.defaultMode`),
    ...checkItems(value['items'], `${path}.items`),
  ];
}

/** The volumes of a pod; fills `known` with those that containers may mount. */
export function checkVolumes(
  volumes: unknown,
  path: string,
  scope: VolumeScope,
  known: Map<string, JsonObject>,
): FieldError[] {
  const list = asArray(volumes).map(asObject);
  const made = new Set(
    list
      .filter((volume) => scope.podName !== '' && isObject(volume['ephemeral']))
      .map((volume) => `${scope.podName}-${asString(volume['name'])}`),
  );
  return list.flatMap((volume, i) => {
    const at = `${path}[${i}]`;
    const name = asString(volume['name']);
    const errors = checkSource(volume, at, scope);
    errors.push(...(name === '' ? [required(`${at}.name`)] : each(`${at}.name`, name, checkLabel(name))));
    if (known.has(name)) errors.push(duplicate(`${at}.name`, name));
    if (errors.length === 0) known.set(name, volume);
    const claim = asObject(volume['persistentVolumeClaim'])['claimName'];
    if (made.has(asString(claim)))
      errors.push(
        invalidValue(
          `${at}.persistentVolumeClaim.claimName`,
          claim,
          'must not reference a PVC that gets created for an ephemeral volume',
        ),
      );
    return errors;
  });
}

function checkSource(volume: JsonObject, path: string, scope: VolumeScope): FieldError[] {
  const given = SOURCES.filter(({ field }) => isObject(volume[field]));
  if (given.length === 0) return [required(path, 'must specify a volume type')];
  const name = asString(volume['name']);
  const errors: FieldError[] = [];
  given.forEach((source, i) => {
    const value = asObject(volume[source.field]);
    if (i > 0) errors.push(forbiddenField(`${path}.${source.extra ?? source.field}`, MORE_THAN_ONE));
    else errors.push(...source.check(value, `${path}.${source.path ?? source.field}`, scope));
    if (source.field === 'iscsi' && value['initiatorName'] !== undefined) {
      if (`${name}:${asString(value['targetPortal'])}`.length > 64)
        errors.push(invalidValue(`${path}.name`, name, shared.TOO_LONG_PORTAL));
    }
    if (i === 0 && source.field === 'ephemeral' && scope.podName !== '' && name !== '') {
      const claim = `${scope.podName}-${name}`;
      for (const text of checkSubdomain(claim))
        errors.push(invalidValue(`${path}.name`, name, `PVC name ${JSON.stringify(claim)}: ${text}`));
    }
  });
  return errors;
}

export const MORE_THAN_ONE = 'may not specify more than 1 volume type';
