import type { KubeObject } from '@fluvial/kube';

export const admissionGroup = 'admissionregistration.k8s.io';

type Rule = {
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly operations?: readonly string[];
};
type WithRules = { readonly rules?: readonly Rule[] };
type Policy = { readonly matchConstraints?: { readonly resourceRules?: readonly Rule[] } };

/** The parts of a webhook configuration or admission policy that say which resources it is about. */
export function keepAdmissionRules({ webhooks, spec }: KubeObject): Record<string, unknown> {
  if (Array.isArray(webhooks)) return { webhooks: webhooks.map(({ rules }: WithRules) => ({ rules })) };
  const { resourceRules } = (spec as Policy | undefined)?.matchConstraints ?? {};
  return spec === undefined ? {} : { spec: { matchConstraints: { resourceRules } } };
}

/**
 * Whether a webhook configuration or admission policy may have a say when an object of the resource is created. Selectors,
 * conditions and bindings only narrow what it is about, and are not looked at.
 */
export function isAbout(configuration: KubeObject, resource: { group: string; plural: string }): boolean {
  const { webhooks, spec } = configuration;
  const lists = Array.isArray(webhooks)
    ? webhooks.map(({ rules }: WithRules) => rules)
    : // A configuration without webhooks has none; a policy without constraints is unheard of.
      spec === undefined
      ? []
      : [(spec as Policy).matchConstraints?.resourceRules];
  return lists.some((rules) => rules === undefined || rules.some((rule) => matches(rule, resource)));
}

function matches(rule: Rule, { group, plural }: { group: string; plural: string }): boolean {
  const has = (values: readonly string[] | undefined, ...wanted: readonly string[]) =>
    values === undefined || values.some((value) => wanted.includes(value));
  return (
    // A rule for the group that a resource once was in is about its heir, too.
    has(rule.apiGroups, '*', group, 'extensions') &&
    has(rule.resources, '*', '*/*', plural) &&
    has(rule.operations, '*', 'CREATE', 'UPDATE')
  );
}
