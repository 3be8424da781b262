import { asArray, asObject, asString } from '../../json.ts';
import type { WorkloadHost } from './workload-host.ts';

/** Gives Services of type LoadBalancer an address, as a cloud would. */
export function startLoadBalancers(workloads: WorkloadHost): void {
  let last = 0;
  workloads.each('', 'services', (service) => {
    if (asObject(service['spec'])['type'] !== 'LoadBalancer') return;
    const { ingress } = asObject(asObject(service['status'])['loadBalancer']);
    if (asArray(ingress).length > 0) return;
    last = (last % 250) + 1;
    const loadBalancer = { ingress: [{ ip: `172.18.255.${last}`, ipMode: 'VIP' }] };
    workloads.setStatus('', 'services', service, { ...asObject(service['status']), loadBalancer });
  });
}

/** Binds every PersistentVolumeClaim to a volume made for it, as a default storage class would. */
export function startVolumeClaims(workloads: WorkloadHost): void {
  workloads.each('', 'persistentvolumeclaims', (claim) => {
    const spec = asObject(claim['spec']);
    if (asObject(claim['status'])['phase'] === 'Bound') return;
    const volume = asString(spec['volumeName']) || `pvc-${claim.metadata.uid}`;
    const capacity = { storage: asObject(asObject(spec['resources'])['requests'])['storage'] ?? '1Gi' };
    const { namespace = '', name = '', uid = '' } = claim.metadata;
    workloads.create('', 'persistentvolumes', {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: volume, annotations: { 'pv.kubernetes.io/provisioned-by': 'sandbox.fluvial.dev' } },
      spec: {
        accessModes: spec['accessModes'],
        capacity,
        claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name, uid },
        hostPath: { path: `/var/lib/sandbox/${volume}` },
        persistentVolumeReclaimPolicy: 'Delete',
        ...(spec['storageClassName'] === undefined ? {} : { storageClassName: spec['storageClassName'] }),
      },
    });
    if (spec['volumeName'] === undefined) {
      workloads.change('', 'persistentvolumeclaims', claim, (current) => ({
        ...current,
        metadata: { ...current.metadata },
        spec: { ...asObject(current['spec']), volumeName: volume },
      }));
    }
    workloads.setStatus('', 'persistentvolumeclaims', claim, {
      phase: 'Bound',
      accessModes: spec['accessModes'],
      capacity,
    });
  });
  // A volume goes with its claim, as its reclaim policy says.
  const { host } = workloads;
  host.listen(host.api.store.bucket('/persistentvolumeclaims'), ({ type, current }) => {
    if (type === 'DELETED') released.add(asString(asObject(current.object['spec'])['volumeName']));
  });
  const released = host.queue('simulated volumes', (name) => {
    const volume = workloads.find('', 'persistentvolumes', '', name);
    if (volume !== undefined && asObject(volume['spec'])['persistentVolumeReclaimPolicy'] === 'Delete')
      workloads.remove('', 'persistentvolumes', volume);
  });
  workloads.each('', 'persistentvolumes', (volume) => {
    const phase = asObject(volume['spec'])['claimRef'] === undefined ? 'Available' : 'Bound';
    if (asObject(volume['status'])['phase'] !== phase) workloads.setStatus('', 'persistentvolumes', volume, { phase });
  });
}

/** Gives PodDisruptionBudgets a status that has been observed. */
export function startDisruptionBudgets(workloads: WorkloadHost): void {
  workloads.each('policy', 'poddisruptionbudgets', (budget) => {
    const now = workloads.now();
    workloads.setStatus('policy', 'poddisruptionbudgets', budget, {
      observedGeneration: budget.metadata.generation,
      disruptionsAllowed: 1,
      currentHealthy: 1,
      desiredHealthy: 0,
      expectedPods: 1,
      conditions: [
        {
          type: 'DisruptionAllowed',
          status: 'True',
          reason: 'SufficientPods',
          message: '',
          observedGeneration: budget.metadata.generation,
          lastTransitionTime: now,
        },
      ],
    });
  });
}
