import { columns, defineKind, type ObjectOfPlainKind } from '../define-kind.ts';
import { array, boolean, map, object, oneOf, required, string } from '../schema-builder.ts';
import { crossReferenceFields, newestKinds, oldestKinds } from '../shared/event-sources.ts';
import { localRef } from '../shared/references.ts';
import { commonStatusFields, conditions, status } from '../shared/status.ts';

const commonFields = {
  eventSeverity: oneOf('Severity from which events are sent.', ['info', 'error'], { default: 'info' }),
  exclusionList: array('Patterns; events whose message matches one are left out.', string('A regular expression.')),
  providerRef: required(localRef('Provider that events go to.')),
  suspend: boolean('Stops sending.'),
};

const newer = object('Which events to send, and where.', {
  ...commonFields,
  eventMetadata: map('Metadata added to every event.', string('Value of the entry.')),
  eventSources: required(
    array('Objects whose events are sent.', object('One object.', crossReferenceFields(newestKinds, 253))),
  ),
  inclusionList: array('Patterns; only events whose message matches one are sent.', string('A regular expression.')),
  summary: string('What the alert is about. Deprecated: use `eventMetadata`.', { maxLength: 255 }),
});

const v1beta2 = { spec: newer, status: status(commonStatusFields) };

const v1beta1 = {
  spec: object('Which events to send, and where.', {
    ...commonFields,
    eventSources: required(
      array('Objects whose events are sent.', object('One object.', crossReferenceFields(oldestKinds, 53))),
    ),
    summary: string('What the alert is about.'),
  }),
  status: status({ conditions, observedGeneration: commonStatusFields.observedGeneration }),
};

/** Sends events of chosen objects to a Provider. */
export type Alert = ObjectOfPlainKind<'Alert', typeof newer>;

const older = [columns.age, columns.ready, columns.status];

/** Alert: `v1beta3` (stored), `v1beta2`, `v1beta1`. */
export const alert = defineKind({
  group: 'notification.toolkit.fluxcd.io',
  kind: 'Alert',
  plural: 'alerts',
  shortNames: [],
  category: 'fluxcd-notifications',
  description: 'Sends events of chosen objects to a Provider.',
  versions: [
    { name: 'v1beta3', spec: newer, columns: [columns.age] },
    { name: 'v1beta2', ...v1beta2, columns: older },
    { name: 'v1beta1', ...v1beta1, columns: older },
  ],
});
