import { kind, type Manifest } from './manifest.ts';

const claim = kind('v1', 'PersistentVolumeClaim', 'persistentvolumeclaims');
const volume = kind('v1', 'PersistentVolume', 'persistentvolumes', false);
const storageClass = kind('storage.k8s.io/v1', 'StorageClass', 'storageclasses', false);
const driver = kind('storage.k8s.io/v1', 'CSIDriver', 'csidrivers', false);
const csiNode = kind('storage.k8s.io/v1', 'CSINode', 'csinodes', false);
const capacity = kind('storage.k8s.io/v1', 'CSIStorageCapacity', 'csistoragecapacities');
const attachment = kind('storage.k8s.io/v1', 'VolumeAttachment', 'volumeattachments', false);
const attributes = kind('storage.k8s.io/v1', 'VolumeAttributesClass', 'volumeattributesclasses', false);

const requests = { requests: { storage: '1Gi' } };
const accessModes = ['ReadWriteOnce'];
/** The volume controller waits for somebody to make it. */
const storageClassName = 'none-such';

export const storage: readonly Manifest[] = [
  claim('only what is required', { spec: { accessModes, storageClassName, resources: requests } }),
  claim('without a class', { spec: { accessModes, storageClassName: '', resources: requests } }),
  claim('block, selector and limits', {
    spec: {
      accessModes: ['ReadWriteMany'],
      storageClassName,
      volumeMode: 'Block',
      selector: { matchLabels: { a: 'b' } },
      resources: { requests: { storage: '0.5Gi' }, limits: { storage: '2Gi' } },
    },
  }),
  claim('a data source', {
    spec: {
      accessModes,
      storageClassName,
      resources: requests,
      dataSource: { kind: 'PersistentVolumeClaim', name: 'o' },
    },
  }),
  volume('host path', {
    spec: { capacity: { storage: '1024Mi' }, accessModes, storageClassName, hostPath: { path: '/x' } },
  }),
  volume('nfs', {
    spec: {
      capacity: { storage: '5Gi' },
      accessModes: ['ReadWriteMany'],
      persistentVolumeReclaimPolicy: 'Delete',
      storageClassName,
      mountOptions: ['hard'],
      nfs: { server: 's', path: '/' },
    },
  }),
  volume('csi', {
    spec: {
      capacity: { storage: '1Gi' },
      accessModes,
      storageClassName,
      csi: { driver: 'csi.example.org', volumeHandle: 'h', fsType: 'ext4', nodeStageSecretRef: { name: 'a' } },
      claimRef: { name: 'c', namespace: '{ns}' },
    },
  }),
  volume('local', {
    spec: {
      capacity: { storage: '1Gi' },
      accessModes,
      storageClassName,
      local: { path: '/mnt' },
      nodeAffinity: {
        required: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'h', operator: 'In', values: ['n'] }] }] },
      },
    },
  }),
  storageClass('only what is required', { provisioner: 'example.org/p' }),
  storageClass('everything', {
    provisioner: 'example.org/p',
    parameters: { type: 'x' },
    reclaimPolicy: 'Retain',
    allowVolumeExpansion: true,
    volumeBindingMode: 'WaitForFirstConsumer',
    mountOptions: ['debug'],
    allowedTopologies: [{ matchLabelExpressions: [{ key: 'zone', values: ['a'] }] }],
  }),
  driver('nothing', { spec: {} }),
  driver('token requests', {
    spec: { attachRequired: false, tokenRequests: [{ audience: 'a' }], fsGroupPolicy: 'File' },
  }),
  csiNode('no drivers', { spec: { drivers: [] } }),
  capacity('a size', { storageClassName: 'x', capacity: '1024Gi', nodeTopology: { matchLabels: { a: 'b' } } }),
  attachment('of a volume', {
    spec: { attacher: 'csi.example.org', nodeName: 'n', source: { persistentVolumeName: 'none-such' } },
  }),
  attributes('parameters', { driverName: 'example.org/d', parameters: { iops: '1' } }),
];
