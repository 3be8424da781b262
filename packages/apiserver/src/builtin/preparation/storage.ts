import { asObject, isObject } from '../../json.ts';
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
    if (!isOldSource(spec['dataSource'])) delete spec['dataSource'];
    alignSources(spec);
    object['status'] = { phase: 'Pending' };
    addFinalizer(object, 'kubernetes.io/pvc-protection');
    admitClaimSize(object, context);
  },
  update(object, old) {
    const [spec, before] = [object['spec'] as JsonObject, asObject(old['spec'])];
    const had = before['dataSource'] !== undefined || before['dataSourceRef'] !== undefined;
    if (!had && !isOldSource(spec['dataSource'])) delete spec['dataSource'];
    alignSources(spec);
  },
};

/** The old field knows only these. */
function isOldSource(source: unknown): boolean {
  const { apiGroup, kind } = asObject(source);
  return (
    (kind === 'PersistentVolumeClaim' && (apiGroup ?? '') === '') ||
    (kind === 'VolumeSnapshot' && apiGroup === 'snapshot.storage.k8s.io')
  );
}

/** Two spellings of one thing: where the data of a new volume comes from. */
function alignSources(spec: JsonObject): void {
  const { dataSource, dataSourceRef } = spec;
  // Other namespaces wait behind a feature gate.
  if (isObject(dataSourceRef)) delete dataSourceRef['namespace'];
  if (isObject(dataSource) && dataSourceRef === undefined) spec['dataSourceRef'] = { ...dataSource };
  else if (isObject(dataSourceRef) && dataSource === undefined) spec['dataSource'] = { ...dataSourceRef };
}

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
