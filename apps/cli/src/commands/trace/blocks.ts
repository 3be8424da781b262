import { conditionOf, type ToolkitObject, textAt, valueAt } from '../../objects/toolkit-object.ts';

/** A label and its value; an empty label is an empty line. */
export type Line = readonly [label: string, value: string];

/** Lines with all values in one column. A label that fills the column is followed by its value at once. */
export function block(width: number, lines: readonly Line[], source?: ToolkitObject): string {
  const head = source?.kind === 'ExternalArtifact' ? `ExternalArtifact:${source.metadata.name}\n` : '';
  const shown = head === '' ? lines : lines.slice(1);
  return (
    head + shown.map(([label, value]) => (label === '' ? '\n' : `${`${label}:`.padEnd(width)}${value}\n`)).join('')
  );
}

/** Time of the Ready condition and its message. Only sources say that a run failed. */
export function statusLines(object: ToolkitObject, options: { tellsFailure: boolean }): Line[] {
  const ready = conditionOf(object, 'Ready');
  if (ready === undefined) return [['Status', 'Unknown']];
  const failed = options.tellsFailure && ready.status === 'False';
  const verb = failed ? 'Last reconciliation failed at' : 'Last reconciled at';
  return [
    ['Status', `${verb} ${localTime(ready.lastTransitionTime)}`],
    ['Message', ready.message],
  ];
}

/** The lines of a source by its kind. */
export function sourceLines(source: ToolkitObject, options: { origins: boolean }): Line[] {
  const lines: Line[] = [
    [source.kind, source.metadata.name],
    ['Namespace', source.metadata.namespace ?? ''],
  ];
  if (source.kind === 'ExternalArtifact') {
    const ref = valueAt(source.spec, 'sourceRef');
    const namespace = textAt(ref, 'namespace') || (source.metadata.namespace ?? '');
    lines.push(['Source', `${textAt(ref, 'kind')}/${namespace}/${textAt(ref, 'name')}`]);
  } else {
    lines.push(['URL', textAt(source.spec, 'url')], ...refLines(source));
  }
  const revision = source.status?.artifact?.revision;
  if (revision !== undefined) lines.push(['Revision', revision]);
  if (options.origins) lines.push(...origins(source));
  lines.push(...statusLines(source, { tellsFailure: true }));
  return lines;
}

function refLines(source: ToolkitObject): Line[] {
  const ref = source.spec?.['ref'];
  const tag = textAt(ref, 'tag') || textAt(ref, 'semver');
  if (tag !== '') return [['Tag', tag]];
  if (source.kind === 'OCIRepository') {
    const digest = textAt(ref, 'digest');
    return digest === '' ? [] : [['Digest', digest]];
  }
  const branch = textAt(ref, 'branch');
  return branch === '' ? [] : [['Branch', branch]];
}

/** Where an OCI artifact came from. Of the two lines a missing one stays empty, like in the original. */
export function origins(source: ToolkitObject): Line[] {
  const metadata = source.status?.artifact?.metadata;
  if (metadata === undefined || source.kind === 'GitRepository') return [];
  const line = (label: string, key: string): Line => (metadata[key] ? [label, metadata[key]] : ['', '']);
  return [
    line('Origin Revision', 'org.opencontainers.image.revision'),
    line('Origin Source', 'org.opencontainers.image.source'),
  ];
}

/** `2026-08-10 14:40:28 +0200 CEST`, in this machine's time zone. */
export function localTime(text: string): string {
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) return text;
  const two = (value: number) => String(value).padStart(2, '0');
  const offset = -date.getTimezoneOffset();
  const sign = offset < 0 ? '-' : '+';
  const zone = `${sign}${two(Math.floor(Math.abs(offset) / 60))}${two(Math.abs(offset) % 60)}`;
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const clock = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return `${day} ${clock} ${zone} ${zoneName(date, zone)}`;
}

/** Locales that between them know the letters of most zones; each shows only those of its own region. */
const zoneLocales = ['en-US', 'en-GB', 'en-AU', 'en-NZ', 'en-IN', 'en-ZA', 'ja-JP'];

function zoneName(date: Date, fallback: string): string {
  for (const locale of zoneLocales) {
    const parts = new Intl.DateTimeFormat(locale, { timeZoneName: 'short' }).formatToParts(date);
    const name = parts.find((part) => part.type === 'timeZoneName')?.value ?? '';
    if (/^[A-Z]+$/.test(name)) return name;
  }
  // Zones without letters of their own print their offset, as Go does.
  return fallback;
}
