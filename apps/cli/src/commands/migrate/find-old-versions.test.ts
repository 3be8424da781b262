import { describe, expect, test } from 'vitest';
import { findOldVersions, rewriteVersions } from './find-old-versions.ts';

const text = [
  'apiVersion: source.toolkit.fluxcd.io/v1beta2 # old',
  'kind: OCIRepository',
  '---',
  'apiVersion: "helm.toolkit.fluxcd.io/v2beta1"',
  'kind: HelmRelease',
  '---',
  'apiVersion: image.toolkit.fluxcd.io/v1',
  'kind: ImagePolicy',
  '---',
  'apiVersion: apps/v1',
  'kind: Deployment',
  '---',
  'apiVersion: source.toolkit.fluxcd.io',
  'kind: Bucket',
  '',
].join('\n');

describe('findOldVersions', () => {
  test('finds old versions and what is malformed', () => {
    expect(findOldVersions(text, '2.9')).toEqual({
      findings: [
        { line: 1, kind: 'OCIRepository', from: 'v1beta2', to: 'v1' },
        { line: 4, kind: 'HelmRelease', from: 'v2beta1', to: 'v2' },
      ],
      malformed: [{ line: 13, text: 'source.toolkit.fluxcd.io' }],
    });
  });
  test('an older release stores image kinds otherwise', () => {
    expect(findOldVersions(text, '2.6').findings.at(-1)).toEqual({
      line: 7,
      kind: 'ImagePolicy',
      from: 'v1',
      to: 'v1beta2',
    });
  });
});

describe('rewriteVersions', () => {
  test('changes the version alone', () => {
    const after = rewriteVersions(text, findOldVersions(text, '2.9').findings);
    expect(after).toBe(text.replace('v1beta2 # old', 'v1 # old').replace('v2beta1"', 'v2"'));
    expect(findOldVersions(after, '2.9').findings).toEqual([]);
  });
});
