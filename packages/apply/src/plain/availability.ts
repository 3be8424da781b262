import { selector } from './selectors.ts';
import { integer, listOf, oneOf, type Shape, struct } from './shapes.ts';
import { countOrShare, dnsSubdomain } from './texts.ts';

const most = 1_000_000;

export const disruptionBudgetSpec: Shape = struct(
  {
    selector,
    minAvailable: countOrShare,
    maxUnavailable: countOrShare,
    unhealthyPodEvictionPolicy: oneOf('AlwaysAllow', 'IfHealthyBudget'),
  },
  {
    needs: ['selector'],
    also: ({ minAvailable, maxUnavailable }) =>
      minAvailable !== undefined && maxUnavailable !== undefined ? 'maxUnavailable' : undefined,
  },
);

const metric = struct(
  {
    type: oneOf('Resource'),
    resource: struct(
      {
        name: oneOf('cpu', 'memory'),
        target: struct(
          { type: oneOf('Utilization'), averageUtilization: integer(1, most) },
          { needs: ['type', 'averageUtilization'] },
        ),
      },
      { needs: ['name', 'target'] },
    ),
  },
  { needs: ['type', 'resource'] },
);

/** Of `autoscaling/v2`. */
export const autoscalerSpec: Shape = struct(
  {
    scaleTargetRef: struct(
      { apiVersion: oneOf('apps/v1'), kind: oneOf('Deployment', 'StatefulSet'), name: dnsSubdomain },
      { needs: ['apiVersion', 'kind', 'name'] },
    ),
    minReplicas: integer(1, most),
    maxReplicas: integer(1, most),
    metrics: listOf(metric),
  },
  {
    needs: ['scaleTargetRef', 'maxReplicas'],
    also: ({ minReplicas = 1, maxReplicas }) =>
      (minReplicas as number) <= (maxReplicas as number) ? undefined : 'maxReplicas',
  },
);
