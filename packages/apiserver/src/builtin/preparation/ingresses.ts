import { asObject } from '../../json.ts';
import type { StrategyContext } from '../../rest/resource.ts';
import type { JsonObject, KubeObject } from '../../types.ts';
import type { Preparation } from './preparation.ts';

const IS_DEFAULT = 'ingressclass.kubernetes.io/is-default-class';
const OLD_CLASS = 'kubernetes.io/ingress.class';

/** A new Ingress that names no class gets the newest of those that are the default. */
export const ingresses: Preparation = {
  create(object, context) {
    object['status'] = { loadBalancer: {} };
    if (asObject(object['spec'])['ingressClassName'] !== undefined) return;
    if (object.metadata.annotations?.[OLD_CLASS] !== undefined) return;
    const name = defaultClass(context)?.metadata.name;
    if (name !== undefined) (object['spec'] as JsonObject)['ingressClassName'] = name;
  },
};

function defaultClass(context: StrategyContext): KubeObject | undefined {
  let newest: KubeObject | undefined;
  for (const one of context.list('networking.k8s.io/ingressclasses')) {
    if (one.metadata.annotations?.[IS_DEFAULT] !== 'true') continue;
    if (newest === undefined || isNewer(one, newest)) newest = one;
  }
  return newest;
}

/** Of two of the same second the first by name. */
function isNewer({ metadata: a }: KubeObject, { metadata: b }: KubeObject): boolean {
  const [left, right] = [a.creationTimestamp ?? '', b.creationTimestamp ?? ''];
  return left === right ? (a.name ?? '') < (b.name ?? '') : left > right;
}
