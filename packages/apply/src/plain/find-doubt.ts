import type { KindRef, KubeObject } from '@fluvial/kube';
import { autoscalerSpec, disruptionBudgetSpec } from './availability.ts';
import { configMap, missingKey, secret, serviceAccount, sharedKey } from './configuration.ts';
import { deploymentSpec } from './deployments.ts';
import { ingressSpec, networkPolicySpec, serviceSpec } from './networking.ts';
import { oneOf, type Shape, struct } from './shapes.ts';
import { annotations, dnsLabel, dnsSubdomain, labels, serviceName } from './texts.ts';

/** Well below what annotations (256 KiB), ConfigMaps and Secrets (1 MiB) may be, three bytes a character counted. */
const maxCharacters = 65_536;

type KindRules = {
  readonly name?: Shape;
  readonly fields: Readonly<Record<string, Shape>>;
  readonly needs?: readonly string[];
  readonly also?: (object: Readonly<Record<string, unknown>>) => string | undefined;
};

const withSpec = (spec: Shape): KindRules => ({ fields: { spec }, needs: ['spec'] });

const plainKinds = new Map<string, Shape>(
  Object.entries({
    'v1/ConfigMap': { fields: configMap, also: sharedKey },
    'v1/Secret': { fields: secret, also: missingKey },
    'v1/Service': { ...withSpec(serviceSpec), name: serviceName },
    'v1/ServiceAccount': { fields: serviceAccount },
    'apps/v1/Deployment': withSpec(deploymentSpec),
    'autoscaling/v2/HorizontalPodAutoscaler': withSpec(autoscalerSpec),
    'networking.k8s.io/v1/Ingress': withSpec(ingressSpec),
    'networking.k8s.io/v1/NetworkPolicy': withSpec(networkPolicySpec),
    'policy/v1/PodDisruptionBudget': withSpec(disruptionBudgetSpec),
  } satisfies Record<string, KindRules>).map(([key, rules]) => [key, objectOf(key, rules)]),
);

function objectOf(key: string, { name = dnsSubdomain, fields, needs = [], also }: KindRules): Shape {
  const slash = key.lastIndexOf('/');
  const metadata = struct({ name, namespace: dnsLabel, labels, annotations }, { needs: ['name', 'namespace'] });
  return struct(
    { apiVersion: oneOf(key.slice(0, slash)), kind: oneOf(key.slice(slash + 1)), metadata, ...fields },
    { needs: ['apiVersion', 'kind', 'metadata', ...needs], also },
  );
}

/** Whether objects of the kind can be plain at all. */
export function isPlainKind(kind: KindRef): boolean {
  return plainKinds.has(`${kind.apiVersion}/${kind.kind}`);
}

/**
 * Looks for anything about a prepared object that could make an API server refuse to create it, apart from rights,
 * policies, quotas and its namespace. The rules are a list of what is known to be accepted by every supported version:
 * a field, kind or form that is not on it is a doubt, and so a dry run has to tell.
 *
 * @returns Where the first doubt is, `""` for the object itself; undefined: none, the server will take it.
 */
export function findDoubt(object: KubeObject): string | undefined {
  const shape = plainKinds.get(`${object.apiVersion}/${object.kind}`);
  if (shape === undefined) return '';
  return shape(object) ?? (JSON.stringify(object).length > maxCharacters ? '' : undefined);
}
