import { columns, defineKind, type ObjectOfKind } from '../define-kind.ts';
import { array, boolean, object, oneOf, required, string } from '../schema-builder.ts';
import { interval } from '../shared/durations.ts';
import { crossReferenceFields, newestKinds, oldestKinds } from '../shared/event-sources.ts';
import { localRef } from '../shared/references.ts';
import { commonStatusFields, conditions, status } from '../shared/status.ts';

const oldestTypes = [
  'generic',
  'generic-hmac',
  'github',
  'gitlab',
  'bitbucket',
  'harbor',
  'dockerhub',
  'quay',
  'gcr',
  'nexus',
  'acr',
] as const;
const newestTypes = [
  'generic',
  'generic-hmac',
  'generic-oidc',
  'github',
  'gitlab',
  'bitbucket',
  'harbor',
  'dockerhub',
  'quay',
  'gcr',
  'nexus',
  'acr',
  'cdevents',
] as const;

const commonFields = {
  events: array('Events to act on; all when empty.', string('Name of an event.')),
  suspend: boolean('Ignores webhooks.'),
};
const secretRef = localRef('Secret with the token that webhooks are checked with.');
const description = 'Which webhooks to take and what to reconcile.';
const resourcesDescription = 'Objects that are reconciled.';
const intervalText = 'How often the object is reconciled.';
const webhookPath = string('Path of the webhook’s address.');

const v1 = {
  spec: object(
    description,
    {
      ...commonFields,
      interval: interval(intervalText, { default: '10m' }),
      oidcProviders: array(
        'Issuers of tokens that `generic-oidc` webhooks carry.',
        object('One issuer.', {
          audience: string('Audience that tokens must have.'),
          issuerURL: required(string('Address of the issuer.', { pattern: '^https?://' })),
          validations: required(
            array(
              'Rules that must hold for the token’s claims.',
              object('One rule.', {
                expression: required(string('CEL expression over `claims` and `vars`.')),
                message: required(string('What is said when it does not hold.')),
              }),
              { minItems: 1 },
            ),
          ),
          variables: array(
            'Values that rules refer to.',
            object('One value.', {
              expression: required(string('CEL expression over `claims` and earlier `vars`.')),
              name: required(string('Name of the value.')),
            }),
          ),
        }),
        { listType: 'map', listMapKeys: ['issuerURL'] },
      ),
      resourceFilter: string('CEL expression over the object and the request that decides what is reconciled.'),
      resources: required(
        array(
          resourcesDescription,
          object('One object.', {
            ...crossReferenceFields(newestKinds, 253),
            filter: string('CEL expression as in `resourceFilter`, for this entry.'),
          }),
        ),
      ),
      secretRef,
      type: required(oneOf('Who sends webhooks.', newestTypes)),
    },
    {
      rules: [
        {
          rule: "self.type != 'generic-oidc' || (has(self.oidcProviders) && size(self.oidcProviders) > 0)",
          message: 'generic-oidc receivers must define at least one oidcProvider',
        },
        {
          rule: "self.type == 'generic-oidc' || !has(self.oidcProviders) || size(self.oidcProviders) == 0",
          message: 'oidcProviders can only be set when type is generic-oidc',
        },
        {
          rule: "self.type != 'generic-oidc' || !has(self.secretRef)",
          message: 'secretRef cannot be set when type is generic-oidc',
        },
        {
          rule: "self.type == 'generic-oidc' || has(self.secretRef)",
          message: 'secretRef is required when type is not generic-oidc',
        },
      ],
    },
  ),
  status: status({ ...commonStatusFields, webhookPath }),
};

const url = string('Path of the webhook’s address. Not written any more.');

const v1beta2 = {
  spec: object(description, {
    ...commonFields,
    interval: interval(intervalText),
    resources: required(array(resourcesDescription, object('One object.', crossReferenceFields(newestKinds, 253)))),
    secretRef: required(secretRef),
    type: required(oneOf('Who sends webhooks.', oldestTypes)),
  }),
  status: status({ ...commonStatusFields, url, webhookPath }),
};

const v1beta1 = {
  spec: object(description, {
    ...commonFields,
    resources: required(array(resourcesDescription, object('One object.', crossReferenceFields(oldestKinds, 53)))),
    secretRef: required(secretRef),
    type: required(oneOf('Who sends webhooks.', oldestTypes)),
  }),
  status: status({ conditions, observedGeneration: commonStatusFields.observedGeneration, url }),
};

/** Takes webhooks and has objects reconciled. */
export type Receiver = ObjectOfKind<string, 'Receiver', typeof v1.spec, typeof v1.status>;

const shown = [columns.age, columns.ready, columns.status];

/** Receiver: `v1` (stored), `v1beta2`, `v1beta1`. */
export const receiver = defineKind({
  group: 'notification.toolkit.fluxcd.io',
  kind: 'Receiver',
  plural: 'receivers',
  shortNames: [],
  category: 'fluxcd-notifications',
  description: 'Takes webhooks and has objects reconciled.',
  versions: [
    { name: 'v1', ...v1, columns: shown },
    { name: 'v1beta2', ...v1beta2, columns: shown },
    { name: 'v1beta1', ...v1beta1, columns: shown },
  ],
});
