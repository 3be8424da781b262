import { expect, test } from 'vitest';
import { isAbout, keepAdmissionRules } from './admission-rules.ts';

const services = { group: '', plural: 'services' };
const ingresses = { group: 'networking.k8s.io', plural: 'ingresses' };
const object = { apiVersion: 'admissionregistration.k8s.io/v1', kind: 'Any', metadata: { name: 'any' } };
const rule = (apiGroups: string[], resources: string[], operations = ['CREATE']) => ({
  apiGroups,
  apiVersions: ['v1'],
  operations,
  resources,
});

test.each([
  ['the kind', rule([''], ['services']), true, false],
  ['its group', rule(['networking.k8s.io'], ['*']), false, true],
  ['all', rule(['*'], ['*/*']), true, true],
  ['the group that the kind once was in', rule(['extensions'], ['ingresses']), false, true],
  ['a namesake', rule(['serving.example.com'], ['services']), false, false],
  ['a subresource', rule([''], ['services/status']), false, false],
  ['all updates', rule(['*'], ['*'], ['UPDATE', 'DELETE']), true, true],
  ['all deletions', rule(['*'], ['*'], ['DELETE', 'CONNECT']), false, false],
  ['nothing that it names', {}, true, true],
])('a rule about %s', (_, one, aboutServices, aboutIngresses) => {
  const none = rule(['example.com'], ['things']);
  for (const whole of [
    {
      ...object,
      webhooks: [
        { name: 'a', rules: [none] },
        { name: 'b', rules: [none, one], clientConfig: {} },
      ],
    },
    { ...object, spec: { matchConstraints: { resourceRules: [none, one] }, validations: [] } },
  ]) {
    const kept = { ...object, ...keepAdmissionRules(whole) };
    expect([isAbout(kept, services), isAbout(kept, ingresses)]).toEqual([aboutServices, aboutIngresses]);
  }
  expect(
    keepAdmissionRules({ ...object, webhooks: [{ name: 'a', rules: [], clientConfig: { caBundle: 'x' } }] }),
  ).toEqual({
    webhooks: [{ rules: [] }],
  });
});
