import { isObject } from '../../json.ts';
import type { JsonObject } from '../../types.ts';
import { admitClaimSize } from '../admission/limit-ranger.ts';
import { addFinalizer, type Preparation } from './preparation.ts';

export const claims: Preparation = {
  create(object, context) {
    const spec = object['spec'] as JsonObject;
    if (spec['storageClassName'] === undefined) {
      for (const storageClass of context.list('storage.k8s.io/storageclasses')) {
        if (storageClass.metadata.annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true') {
          spec['storageClassName'] = storageClass.metadata.name;
        }
      }
    }
    // Two spellings of one thing: where the data of a new volume comes from.
    const { dataSource, dataSourceRef } = spec;
    if (isObject(dataSource) && dataSourceRef === undefined) spec['dataSourceRef'] = { ...dataSource };
    else if (isObject(dataSourceRef) && dataSource === undefined && dataSourceRef['namespace'] === undefined)
      spec['dataSource'] = { ...dataSourceRef };
    object['status'] = { phase: 'Pending' };
    addFinalizer(object, 'kubernetes.io/pvc-protection');
    admitClaimSize(object, context);
  },
};

export const persistentVolumes: Preparation = {
  create(object, context) {
    object['status'] = { phase: 'Pending', lastPhaseTransitionTime: context.now };
    addFinalizer(object, 'kubernetes.io/pv-protection');
  },
};

export const attributesClasses: Preparation = {
  create(object) {
    addFinalizer(object, 'kubernetes.io/vac-protection');
  },
};
