import { container, isPartOf, nameOf } from './containers.ts';
import { either, flag, integer, isFields, listOf, oneOf, type Shape, struct } from './shapes.ts';
import { annotations, countOrShare, dnsSubdomain, labels } from './texts.ts';

const most = 1_000_000;
const isZero = (value: unknown): boolean => value !== undefined && Number.parseInt(String(value), 10) === 0;

const strategy = either(
  struct({ type: oneOf('Recreate') }, { needs: ['type'] }),
  struct(
    {
      type: oneOf('RollingUpdate'),
      rollingUpdate: struct(
        { maxSurge: countOrShare, maxUnavailable: countOrShare },
        { also: ({ maxSurge, maxUnavailable }) => (isZero(maxSurge) && isZero(maxUnavailable) ? '' : undefined) },
      ),
    },
    { needs: ['type'] },
  ),
);

/** Of pods the server reads some more of its own. */
const podAnnotations: Shape = (value) =>
  annotations(value) ??
  (isFields(value) && Object.keys(value).some((key) => /(?:^|\.)(?:kubernetes|k8s)\.io\//i.test(key)) ? '' : undefined);

const template = struct(
  {
    metadata: struct({ labels, annotations: podAnnotations }, { needs: ['labels'] }),
    spec: struct(
      {
        containers: listOf(container, { min: 1, unique: nameOf }),
        serviceAccountName: dnsSubdomain,
        automountServiceAccountToken: flag,
        restartPolicy: oneOf('Always'),
      },
      { needs: ['containers'] },
    ),
  },
  { needs: ['metadata', 'spec'] },
);

const selector = struct(
  { matchLabels: labels },
  {
    needs: ['matchLabels'],
    also: ({ matchLabels }) => (Object.keys(matchLabels as object).length > 0 ? undefined : 'matchLabels'),
  },
);

type Template = { readonly metadata: { readonly labels: unknown } };

/** Pods of plain containers: no volumes, nothing of the node, nothing that some clusters forbid. */
export const deploymentSpec: Shape = struct(
  {
    replicas: integer(0, most),
    revisionHistoryLimit: integer(0, most),
    progressDeadlineSeconds: integer(1, most),
    paused: flag,
    strategy,
    selector,
    template,
  },
  {
    needs: ['selector', 'template'],
    also: (spec) =>
      isPartOf((spec.selector as { matchLabels: unknown }).matchLabels, (spec.template as Template).metadata.labels)
        ? undefined
        : 'template.metadata.labels',
  },
);
