import { defineCommand } from '../../../framework/command.ts';
import { formatDuration } from '../../../framework/duration.ts';
import { CliError } from '../../../framework/errors.ts';
import { stringFlag } from '../../../framework/flag-types.ts';
import { toolkitKinds } from '../../../kinds.ts';
import { compact } from '../../../objects/toolkit-object.ts';
import {
  createAndWait,
  nameArgument,
  newObject,
  parseLabels,
  printExport,
  sourceAnnouncement,
} from '../create-object.ts';
import { chartSourceFlag, verifyProviderFlag } from '../flag-values.ts';
import { createFlags, sourceFlags } from '../flags.ts';
import { verification } from './verification.ts';

/** `flux create source chart` */
export const command = defineCommand({
  long: 'Create or update a HelmChart and wait until the chart is stored.',
  example: `  # A chart of a repository
  flux create source chart podinfo --source=HelmRepository/podinfo --chart=podinfo --chart-version=6.x`,
  flags: {
    chart: stringFlag('name of the chart, or its path in the source'),
    'chart-version': stringFlag('version or range of the chart'),
    'reconcile-strategy': stringFlag('when a new artifact is made, Revision or ChartVersion', 'ChartVersion'),
    source: chartSourceFlag('source of the chart, <kind>/<name>', { namespaced: false }),
    'verify-issuer': stringFlag('pattern for the issuer of a keyless signature'),
    'verify-provider': verifyProviderFlag('tool that signed the chart'),
    'verify-secret-ref': stringFlag('Secret with trusted public keys'),
    'verify-subject': stringFlag('pattern for the subject of a keyless signature'),
  },
  inherited: { ...createFlags, ...sourceFlags },
  async run(context, { args, flags }) {
    const name = nameArgument(args);
    if (flags.source.kind === '' || flags.source.name === '') throw new CliError('chart source is required');
    if (flags.chart === '') throw new CliError('chart name or path is required');
    context.log.generate('generating HelmChart source');
    const labels = parseLabels(flags.label);
    const kind = toolkitKinds.chart;
    const object = newObject(context, kind, name, labels, {
      ...compact({
        reconcileStrategy: flags['reconcile-strategy'],
        verify: verification(flags, { subjectNeedsProvider: false }),
        version: flags['chart-version'],
      }),
      chart: flags.chart,
      interval: formatDuration(flags.interval),
      sourceRef: { kind: flags.source.kind, name: flags.source.name },
    });
    if (flags.export) return printExport(context, object);
    const { generating: _, ...announcement } = sourceAnnouncement('HelmChart', { upserted: 'source' });
    await createAndWait(context, kind, object, announcement, { export: false });
  },
});
