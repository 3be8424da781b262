import { asArray, asObject, equalJson } from '../json.ts';
import { patchObject } from '../rest/patch.ts';
import { matchesLabelSelector } from '../rest/selectors.ts';
import type { JsonObject, KubeObject } from '../types.ts';
import type { ControllerHost } from './controller.ts';

const GROUP = 'rbac.authorization.k8s.io';
const MANAGER = 'clusterrole-aggregation-controller';

/** Fills ClusterRoles that have an `aggregationRule` with the rules of the ones that it selects, in order of name. */
export function startRoleAggregation(host: ControllerHost): void {
  const bucket = host.api.store.bucket(`${GROUP}/clusterroles`);
  const aggregated = (): string[] =>
    [...bucket.values()].filter(({ object }) => object['aggregationRule'] !== undefined).map(({ key }) => key);
  const queue = host.queue('role aggregation', (name) => {
    const role = bucket.get(name)?.object;
    if (role?.['aggregationRule'] === undefined) return;
    const rules = rulesFor(role);
    if (equalJson(rules, asArray(role['rules']))) return;
    const target = host.target(GROUP, 'clusterroles', '', name);
    if (target === undefined) return;
    const applied = { apiVersion: `${GROUP}/v1`, kind: 'ClusterRole', metadata: { name }, rules };
    const request = {
      contentType: 'application/apply-patch+yaml',
      body: Buffer.from(JSON.stringify(applied)),
      force: true,
      fieldManager: MANAGER,
      validation: 'Ignore',
    } as const;
    patchObject(host.api, host.writer, target, request, host.options(MANAGER));
  });

  function rulesFor(role: KubeObject): JsonObject[] {
    const rules: JsonObject[] = [];
    for (const selector of asArray(asObject(role['aggregationRule'])['clusterRoleSelectors'])) {
      for (const { object } of bucket.list()) {
        if (object.metadata.name === role.metadata.name) continue;
        if (!matchesLabelSelector(selector, object.metadata.labels)) continue;
        for (const rule of asArray(object['rules']).map(asObject))
          if (!rules.some((known) => equalJson(known, rule))) rules.push(rule);
      }
    }
    return rules;
  }

  host.listen(bucket, () => {
    for (const name of aggregated()) queue.add(name);
  });
  for (const name of aggregated()) queue.add(name);
}
