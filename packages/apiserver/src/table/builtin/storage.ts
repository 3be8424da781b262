import { asArray, asObject, asString, dig } from '../../json.ts';
import { type Cells, NONE, UNSET } from './texts.ts';

const claims: Cells = (object) => {
  const status = asObject(object['status']);
  const bound = asString(dig(object, 'spec', 'volumeName')) !== '';
  return {
    Status: object.metadata.deletionTimestamp !== undefined ? 'Terminating' : asString(status['phase']),
    Volume: asString(dig(object, 'spec', 'volumeName')),
    Capacity: bound ? asString(dig(status, 'capacity', 'storage')) || '0' : '',
    'Access Modes': bound ? accessModes(status['accessModes']) : '',
    StorageClass: asString(dig(object, 'spec', 'storageClassName')),
    VolumeAttributesClass: asString(dig(object, 'spec', 'volumeAttributesClassName')) || UNSET,
    VolumeMode: asString(dig(object, 'spec', 'volumeMode')) || UNSET,
  };
};

const MODES: { readonly [mode: string]: string } = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
};

function accessModes(value: unknown): string {
  return asArray(value)
    .map((mode) => MODES[asString(mode)] ?? asString(mode))
    .join(',');
}

const volumes: Cells = (object) => {
  const spec = asObject(object['spec']);
  const claim = asObject(spec['claimRef']);
  return {
    Capacity: asString(dig(spec, 'capacity', 'storage')),
    'Access Modes': accessModes(spec['accessModes']),
    'Reclaim Policy': asString(spec['persistentVolumeReclaimPolicy']),
    Status: object.metadata.deletionTimestamp !== undefined ? 'Terminating' : asString(dig(object, 'status', 'phase')),
    Claim: claim['name'] === undefined ? '' : `${asString(claim['namespace'])}/${asString(claim['name'])}`,
    StorageClass: asString(spec['storageClassName']),
    VolumeAttributesClass: asString(spec['volumeAttributesClassName']) || UNSET,
    Reason: asString(dig(object, 'status', 'reason')),
    VolumeMode: asString(spec['volumeMode']) || UNSET,
  };
};

const storageClasses: Cells = (object) => {
  const isDefault = object.metadata.annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true';
  return {
    Name: isDefault ? `${object.metadata.name} (default)` : (object.metadata.name ?? ''),
    Provisioner: asString(object['provisioner']),
    ReclaimPolicy: asString(object['reclaimPolicy']) || 'Delete',
    VolumeBindingMode: asString(object['volumeBindingMode']) || 'Immediate',
    AllowVolumeExpansion: object['allowVolumeExpansion'] === true,
  };
};

/** The columns of storage. */
export const storageCells: readonly (readonly [resource: string, Cells])[] = [
  ['/persistentvolumeclaims', claims],
  ['/persistentvolumes', volumes],
  [
    'storage.k8s.io/csidrivers',
    (object) => {
      const spec = asObject(object['spec']);
      const tokens = asArray(spec['tokenRequests']).map((t) => asString(asObject(t)['audience']));
      const modes = asArray(spec['volumeLifecycleModes']).map(asString);
      return {
        AttachRequired: spec['attachRequired'] !== false,
        PodInfoOnMount: spec['podInfoOnMount'] === true,
        StorageCapacity: spec['storageCapacity'] === true,
        TokenRequests: tokens.length === 0 ? UNSET : tokens.join(','),
        RequiresRepublish: spec['requiresRepublish'] === true,
        Modes: modes.length === 0 ? NONE : modes.join(','),
      };
    },
  ],
  ['storage.k8s.io/csinodes', (object) => ({ Drivers: asArray(dig(object, 'spec', 'drivers')).length })],
  ['storage.k8s.io/storageclasses', storageClasses],
  [
    'storage.k8s.io/volumeattachments',
    (object) => {
      const { attacher, nodeName, source } = asObject(object['spec']);
      return {
        Attacher: asString(attacher),
        PV: asString(dig(source, 'persistentVolumeName')),
        Node: asString(nodeName),
        Attached: dig(object, 'status', 'attached') === true,
      };
    },
  ],
  ['storage.k8s.io/volumeattributesclasses', (object) => ({ DriverName: asString(object['driverName']) })],
];
