import { columns, defineKind, type ObjectOfKind, textColumn } from '../define-kind.ts';
import { array, boolean, integer, object, oneOf, required, string, timestamp } from '../schema-builder.ts';
import { interval, timeout } from '../shared/durations.ts';
import { accessFrom, localRef } from '../shared/references.ts';
import { commonStatusFields, status } from '../shared/status.ts';

const exclusions = 'Patterns; tags that match one are left out.';
const pattern = string('A regular expression.');

const commonFields = {
  accessFrom,
  certSecretRef: localRef('Secret with `ca.crt`, `tls.crt` and `tls.key` for the registry.'),
  image: required(string('Image to scan, without a tag.')),
  interval: required(interval('How often the registry is asked.')),
  secretRef: localRef('Secret with registry credentials in docker config form.'),
  serviceAccountName: string('ServiceAccount whose image pull secrets or identity authenticate the scan.', {
    maxLength: 253,
  }),
  suspend: boolean('Stops scanning.'),
  timeout: timeout('Deadline of scans; the interval when absent.'),
};
const tagCount = required(integer('How many tags were found.', { format: undefined }));
const scanTime = timestamp('When the scan was made.');
const canonicalImageName = string('Full name of the image.');

const v1 = {
  spec: object('Which image to scan and how.', {
    ...commonFields,
    exclusionList: array(exclusions, pattern, { default: ['^.*\\.sig$'], maxItems: 25 }),
    insecure: boolean('Allows plain HTTP.'),
    provider: oneOf('Where credentials come from when no Secret is named.', ['generic', 'aws', 'azure', 'gcp'], {
      default: 'generic',
    }),
    proxySecretRef: localRef('Secret with `address`, `username` and `password` of a proxy.'),
  }),
  status: status({
    ...commonStatusFields,
    canonicalImageName,
    lastScanResult: object('What the last scan found.', {
      latestTags: array('Some of the tags, last first.', string('A tag.')),
      revision: string('Digest over the tags.'),
      scanTime,
      tagCount,
    }),
    observedExclusionList: array('Patterns of the last scan.', pattern),
  }),
};

const v1beta1 = {
  spec: object('Which image to scan and how.', { ...commonFields, exclusionList: array(exclusions, pattern) }),
  status: status({
    ...commonStatusFields,
    canonicalImageName,
    lastScanResult: object('What the last scan found.', { scanTime, tagCount }),
  }),
};

/** An image whose tags are scanned. */
export type ImageRepository = ObjectOfKind<string, 'ImageRepository', typeof v1.spec, typeof v1.status>;

const lastScan = textColumn('Last scan', '.status.lastScanResult.scanTime');
const tags = textColumn('Tags', '.status.lastScanResult.tagCount');
const shown = [textColumn('Image', '.spec.image'), tags, columns.ready, columns.status, lastScan, columns.age];

/** ImageRepository: `v1` (stored), `v1beta2`, `v1beta1`. */
export const imageRepository = defineKind({
  group: 'image.toolkit.fluxcd.io',
  kind: 'ImageRepository',
  plural: 'imagerepositories',
  shortNames: ['imgrepo', 'imagerepo'],
  category: 'fluxcd-images',
  description: 'Scans the tags of an image.',
  versions: [
    { name: 'v1', ...v1, columns: shown },
    { name: 'v1beta2', ...v1, columns: shown },
    { name: 'v1beta1', ...v1beta1, columns: [lastScan, tags] },
  ],
});
