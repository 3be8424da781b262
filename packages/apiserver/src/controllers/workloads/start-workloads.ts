import type { ControllerHost } from '../controller.ts';
import { startDaemonSets } from './daemon-sets.ts';
import { startDeployments, startReplicaSets } from './deployments.ts';
import { startJobs } from './jobs.ts';
import { startDisruptionBudgets, startLoadBalancers, startVolumeClaims } from './network-and-storage.ts';
import { NODE, startPods } from './pods.ts';
import { startStatefulSets } from './stateful-sets.ts';
import { createWorkloadHost } from './workload-host.ts';

/**
 * The workload simulator: brings workloads into the state that a healthy cluster with one node would show, by the same
 * writes that its controllers, scheduler and kubelet would do, without running anything.
 *
 * A workload (or its pod template) with the annotation `sandbox.fluvial.dev/fail: REASON` fails instead.
 *
 * @param skip Glob (`*`, `?`) of namespaces that are left to their clients.
 */
export function startWorkloads(host: ControllerHost, skip: string | undefined): void {
  const skipped = skip === undefined || skip === '' ? undefined : globPattern(skip);
  const workloads = createWorkloadHost(host, (namespace) => skipped?.test(namespace) ?? false);
  makeNode(host);
  startDeployments(workloads);
  startReplicaSets(workloads);
  startStatefulSets(workloads);
  startDaemonSets(workloads);
  startJobs(workloads);
  startPods(workloads);
  startLoadBalancers(workloads);
  startVolumeClaims(workloads);
  startDisruptionBudgets(workloads);
}

function makeNode(host: ControllerHost): void {
  const labels = { 'kubernetes.io/hostname': NODE, 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': 'amd64' };
  const capacity = { cpu: '64', memory: '256Gi', pods: '10000' };
  host.create(
    '',
    'nodes',
    {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: NODE, labels },
      spec: {},
      status: {
        capacity,
        allocatable: capacity,
        addresses: [
          { type: 'InternalIP', address: '127.0.0.1' },
          { type: 'Hostname', address: NODE },
        ],
        conditions: [
          {
            type: 'Ready',
            status: 'True',
            reason: 'KubeletReady',
            message: 'the node of the sandbox runs nothing and is always ready',
          },
        ],
      },
    },
    'kubelet',
  );
}

function globPattern(glob: string): RegExp {
  const text = glob
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${text}$`);
}
