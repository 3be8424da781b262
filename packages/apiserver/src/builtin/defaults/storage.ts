import { asArray, isObject } from '../../json.ts';
import { type Defaults, set, specOf } from './set.ts';

export const claims: Defaults = (object) => {
  const spec = specOf(object);
  set(spec, 'volumeMode', 'Filesystem');
};

export const volumes: Defaults = (object) => {
  const spec = specOf(object);
  set(spec, 'persistentVolumeReclaimPolicy', 'Retain');
  set(spec, 'volumeMode', 'Filesystem');
  if (isObject(spec['hostPath'])) set(spec['hostPath'], 'type', '');
};

export const storageClasses: Defaults = (object) => {
  set(object, 'reclaimPolicy', 'Delete');
  set(object, 'volumeBindingMode', 'Immediate');
};

export const csiDrivers: Defaults = (object) => {
  const spec = specOf(object);
  set(spec, 'attachRequired', true);
  set(spec, 'podInfoOnMount', false);
  set(spec, 'storageCapacity', false);
  set(spec, 'fsGroupPolicy', 'ReadWriteOnceWithFSType');
  if (asArray(spec['volumeLifecycleModes']).length === 0) spec['volumeLifecycleModes'] = ['Persistent'];
  set(spec, 'requiresRepublish', false);
  set(spec, 'seLinuxMount', false);
};
