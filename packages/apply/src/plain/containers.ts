import { resources } from './resources.ts';
import { either, flag, integer, isFields, listOf, oneOf, type Shape, struct, text } from './shapes.ts';
import { anyText, dnsLabel, dnsSubdomain, fileName, portName, portNumber, portNumberOrName } from './texts.ts';

const most = 1_000_000;

type Named = { readonly name?: string };
export const nameOf = (item: unknown): unknown => (item as Named).name;

const keyOfObject = struct({ name: dnsSubdomain, key: fileName, optional: flag }, { needs: ['name', 'key'] });

const podField = struct(
  {
    apiVersion: oneOf('v1'),
    fieldPath: oneOf(
      'metadata.name',
      'metadata.namespace',
      'spec.nodeName',
      'spec.serviceAccountName',
      'status.hostIP',
      'status.podIP',
    ),
  },
  { needs: ['fieldPath'] },
);

const environment = listOf(
  struct(
    {
      name: text(/^[A-Za-z_][A-Za-z0-9_]*$/, 253),
      value: anyText,
      valueFrom: either(
        struct({ configMapKeyRef: keyOfObject }, { needs: ['configMapKeyRef'] }),
        struct({ secretKeyRef: keyOfObject }, { needs: ['secretKeyRef'] }),
        struct({ fieldRef: podField }, { needs: ['fieldRef'] }),
      ),
    },
    {
      needs: ['name'],
      also: ({ value, valueFrom }) => (value !== undefined && valueFrom !== undefined ? 'valueFrom' : undefined),
    },
  ),
  { unique: nameOf },
);

type ContainerPort = Named & { readonly containerPort: number; readonly protocol?: string };

const portList = listOf(
  struct({ name: portName, containerPort: portNumber, protocol: oneOf('TCP', 'UDP') }, { needs: ['containerPort'] }),
  {
    unique: (item) => `${(item as ContainerPort).containerPort}/${(item as ContainerPort).protocol ?? 'TCP'}`,
  },
);
const portNames = listOf(() => undefined, { unique: nameOf });
const ports: Shape = (value) => portList(value) ?? portNames(value);

const handlers = ['httpGet', 'tcpSocket', 'exec'];

/** What asks a container how it is; a probe of another sort, or a finer one, is a doubt. */
const probe = struct(
  {
    httpGet: struct(
      { path: text(/^\/[!-~]*$/, 500), port: portNumberOrName, scheme: oneOf('HTTP', 'HTTPS') },
      { needs: ['path', 'port'] },
    ),
    tcpSocket: struct({ port: portNumberOrName }, { needs: ['port'] }),
    exec: struct({ command: listOf(anyText, { min: 1 }) }, { needs: ['command'] }),
    initialDelaySeconds: integer(0, most),
    periodSeconds: integer(1, most),
    timeoutSeconds: integer(1, most),
    failureThreshold: integer(1, most),
    successThreshold: integer(1, 1),
  },
  { also: (fields) => (handlers.filter((name) => Object.hasOwn(fields, name)).length === 1 ? undefined : '') },
);

export const container: Shape = struct(
  {
    name: dnsLabel,
    image: text(/^[A-Za-z0-9][-A-Za-z0-9._:/@]*$/, 500),
    imagePullPolicy: oneOf('Always', 'IfNotPresent', 'Never'),
    command: listOf(anyText),
    args: listOf(anyText),
    ports,
    env: environment,
    resources,
    livenessProbe: probe,
    readinessProbe: probe,
    startupProbe: probe,
    // Privileges and capabilities may be forbidden by the server's flags, or contradict each other.
    securityContext: struct({ allowPrivilegeEscalation: flag, readOnlyRootFilesystem: flag, runAsNonRoot: flag }),
  },
  { needs: ['name', 'image'] },
);

/** Whether all labels of the first are among the second's. */
export function isPartOf(labels: unknown, all: unknown): boolean {
  return isFields(labels) && isFields(all) && Object.keys(labels).every((key) => labels[key] === all[key]);
}
