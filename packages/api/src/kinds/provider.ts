import { columns, defineKind, type ObjectOfPlainKind } from '../define-kind.ts';
import { boolean, object, oneOf, required, string } from '../schema-builder.ts';
import { interval, timeout } from '../shared/durations.ts';
import { localRef } from '../shared/references.ts';
import { commonStatusFields, conditions, status } from '../shared/status.ts';

const newestTypes = [
  'slack',
  'discord',
  'msteams',
  'rocket',
  'generic',
  'generic-hmac',
  'github',
  'gitlab',
  'gitea',
  'giteapullrequestcomment',
  'bitbucketserver',
  'bitbucket',
  'azuredevops',
  'googlechat',
  'googlepubsub',
  'webex',
  'sentry',
  'azureeventhub',
  'telegram',
  'lark',
  'matrix',
  'opsgenie',
  'alertmanager',
  'grafana',
  'githubdispatch',
  'githubpullrequestcomment',
  'gitlabmergerequestcomment',
  'pagerduty',
  'datadog',
  'nats',
  'zulip',
  'otel',
  'zoom',
  'incident.io',
] as const;

const v1beta2Types = [
  'slack',
  'discord',
  'msteams',
  'rocket',
  'generic',
  'generic-hmac',
  'github',
  'gitlab',
  'gitea',
  'bitbucketserver',
  'bitbucket',
  'azuredevops',
  'googlechat',
  'googlepubsub',
  'webex',
  'sentry',
  'azureeventhub',
  'telegram',
  'lark',
  'matrix',
  'opsgenie',
  'alertmanager',
  'grafana',
  'githubdispatch',
  'pagerduty',
  'datadog',
] as const;

const oldestTypes = [
  'slack',
  'discord',
  'msteams',
  'rocket',
  'generic',
  'generic-hmac',
  'github',
  'gitlab',
  'bitbucket',
  'azuredevops',
  'googlechat',
  'webex',
  'sentry',
  'azureeventhub',
  'telegram',
  'lark',
  'matrix',
  'opsgenie',
  'alertmanager',
  'grafana',
  'githubdispatch',
] as const;

const commonFields = {
  certSecretRef: localRef('Secret with `ca.crt`, `tls.crt` and `tls.key` for the service.'),
  secretRef: localRef('Secret with `address`, `token`, `username`, `password` or `headers`.'),
  suspend: boolean('Stops sending.'),
  timeout: timeout('Deadline of sending.'),
};
const description = 'Where events go.';

const newerFields = {
  ...commonFields,
  address: string('Address of the service.', { maxLength: 2048 }),
  channel: string('Channel to send to.', { maxLength: 2048 }),
  interval: interval('How often the object was reconciled. Ignored.'),
  proxy: string('Proxy of the service. Deprecated: use `proxySecretRef`.', {
    maxLength: 2048,
    pattern: '^(http|https)://.*$',
  }),
  username: string('Name of the sender.', { maxLength: 2048 }),
};

const v1beta3 = object(
  description,
  {
    ...newerFields,
    commitStatusExpr: string('CEL expression that makes the id of a commit status.'),
    proxySecretRef: localRef('Secret with `address`, `username` and `password` of a proxy.'),
    serviceAccountName: string('ServiceAccount whose identity authenticates with the service.'),
    type: required(oneOf('Kind of service.', newestTypes)),
  },
  {
    rules: [
      {
        rule: "self.type == 'github' || self.type == 'gitlab' || self.type == 'gitea' || self.type == 'bitbucketserver' || self.type == 'bitbucket' || self.type == 'azuredevops' || !has(self.commitStatusExpr)",
        message:
          "spec.commitStatusExpr is only supported for the 'github', 'gitlab', 'gitea', 'bitbucketserver', 'bitbucket', 'azuredevops' provider types",
      },
    ],
  },
);

const v1beta2 = {
  spec: object(description, { ...newerFields, type: required(oneOf('Kind of service.', v1beta2Types)) }),
  status: status(commonStatusFields),
};

const v1beta1 = {
  spec: object(description, {
    ...commonFields,
    address: string('Address of the service.', { pattern: '^(http|https)://' }),
    channel: string('Channel to send to.'),
    proxy: string('Proxy of the service.', { pattern: '^(http|https)://' }),
    type: required(oneOf('Kind of service.', oldestTypes)),
    username: string('Name of the sender.'),
  }),
  status: status({ conditions, observedGeneration: commonStatusFields.observedGeneration }),
};

/** A service that events are sent to. */
export type Provider = ObjectOfPlainKind<'Provider', typeof v1beta3>;

const older = [columns.age, columns.ready, columns.status];

/** Provider: `v1beta3` (stored), `v1beta2`, `v1beta1`. */
export const provider = defineKind({
  group: 'notification.toolkit.fluxcd.io',
  kind: 'Provider',
  plural: 'providers',
  shortNames: [],
  category: 'fluxcd-notifications',
  description: 'A service that events are sent to.',
  versions: [
    { name: 'v1beta3', spec: v1beta3, columns: [columns.age] },
    { name: 'v1beta2', ...v1beta2, columns: older },
    { name: 'v1beta1', ...v1beta1, columns: older },
  ],
});
