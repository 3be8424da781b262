import { none } from '../framework/args-rules.ts';
import { defineCommand } from '../framework/command.ts';
import { boolFlag } from '../framework/flag-types.ts';
import { formatTable } from '../framework/table.ts';
import { toolkitKinds as kinds } from '../kinds.ts';
import { asToolkitObject, conditionOf, isSuspended, type ToolkitObject } from '../objects/toolkit-object.ts';

const counted = [
  kinds.git,
  kinds.oci,
  kinds.helm,
  kinds.chart,
  kinds.bucket,
  kinds.kustomization,
  kinds.helmRelease,
  kinds.alert,
  kinds.provider,
  kinds.receiver,
  kinds.imageUpdate,
  kinds.imagePolicy,
  kinds.imageRepository,
];

/** `flux stats` */
export const command = defineCommand({
  long: 'Count the objects of each kind: running, failing, suspended, and the bytes of their artifacts.',
  example: `  # Count the objects of all namespaces
  flux stats --all-namespaces`,
  flags: { 'all-namespaces': boolFlag('count the objects of all namespaces', false, { shorthand: 'A' }) },
  args: none,
  async run(context, { flags }) {
    const kube = await context.kube();
    const scope = flags['all-namespaces'] ? {} : { namespace: context.namespace };
    // Kinds that cannot be listed count as none, like in the original.
    const lists = await Promise.all(
      counted.map((kind) =>
        kube.list(kind, { ...scope, signal: context.deadline }).then(
          (list) => list.items.map(asToolkitObject),
          (): ToolkitObject[] => [],
        ),
      ),
    );
    const rows = counted.map(({ kind }, index) => {
      const objects = lists[index]!;
      const suspended = objects.filter(isSuspended).length;
      const failing = objects.filter((object) => conditionOf(object, 'Ready')?.status === 'False').length;
      const bytes = objects.reduce((sum, object) => sum + Number(object.status?.artifact?.size ?? 0), 0);
      return [kind, String(objects.length - suspended), String(failing), String(suspended), formatBytes(bytes)];
    });
    context.stdout(formatTable(['Reconcilers', 'Running', 'Failing', 'Suspended', 'Storage'], rows));
  },
});

/** Bytes in steps of 1024 with one decimal: `-`, `512 B`, `1.5 KiB`. */
export function formatBytes(bytes: number): string {
  if (bytes === 0) return '-';
  if (bytes < 1024) return `${bytes} B`;
  let value = bytes / 1024;
  for (const unit of ['KiB', 'MiB', 'GiB', 'TiB', 'PiB']) {
    if (value < 1024) return `${value.toFixed(1)} ${unit}`;
    value /= 1024;
  }
  return `${value.toFixed(1)} EiB`;
}
