import { keepPods } from './pods.ts';
import { failureOf, type WorkloadHost } from './workload-host.ts';

/** Gives DaemonSets one pod, for the one node, and the status that goes with it. */
export function startDaemonSets(workloads: WorkloadHost): void {
  workloads.each('apps', 'daemonsets', (set) => {
    keepPods(workloads, set, { wanted: 1 });
    const ready = failureOf(set) === undefined ? 1 : 0;
    workloads.setStatus('apps', 'daemonsets', set, {
      observedGeneration: set.metadata.generation,
      currentNumberScheduled: 1,
      desiredNumberScheduled: 1,
      numberMisscheduled: 0,
      numberReady: ready,
      updatedNumberScheduled: 1,
      ...(ready > 0 ? { numberAvailable: 1 } : { numberUnavailable: 1 }),
    });
  });
}
