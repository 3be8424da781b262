import { SYSTEM_PRIORITIES } from '../builtin/admission/pod-references.ts';
import type { ControllerHost } from './controller.ts';

/** The classes that every cluster has. */
export function installPriorityClasses(host: ControllerHost): void {
  for (const [name, value] of Object.entries(SYSTEM_PRIORITIES)) {
    const description = name.includes('node') ? 'For pods that a node needs.' : 'For pods that a cluster needs.';
    host.create(
      'scheduling.k8s.io',
      'priorityclasses',
      {
        apiVersion: 'scheduling.k8s.io/v1',
        kind: 'PriorityClass',
        metadata: { name },
        value,
        description,
        preemptionPolicy: 'PreemptLowerPriority',
      },
      'kube-apiserver',
    );
  }
}
