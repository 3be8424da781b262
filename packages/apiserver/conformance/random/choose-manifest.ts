import { manifests } from '../cases/builtin-manifests/all.ts';
import type { Manifest } from '../cases/builtin-manifests/manifest.ts';
import type { Random } from './random.ts';
import { richManifests } from './rich-manifests.ts';

/** Kinds with the most rules: half of all seeds. */
const heavy =
  /^(Pod|Deployment|StatefulSet|DaemonSet|Job|CronJob|Service|Ingress|NetworkPolicy|PersistentVolume(Claim)?|HorizontalPodAutoscaler):/;

/** Kinds that steer what becomes of other objects in the whole cluster. */
const steering = /^(\w*WebhookConfiguration|\w*AdmissionPolicy\w*|PriorityClass|StorageClass|IngressClass):/;

/** Whether a seed with this manifest must be played while no other one is. */
export function playsAlone({ name }: Manifest): boolean {
  return steering.test(name);
}

/** A way to choose manifests evenly over kinds. `only`: over `KIND: NAME`. Undefined when no manifest is left. */
export function manifestChooser(only: RegExp): ((random: Random) => Manifest) | undefined {
  const byKind = new Map<string, Manifest[]>();
  for (const manifest of [...manifests, ...richManifests]) {
    if (!only.test(manifest.name)) continue;
    const kind = manifest.name.slice(0, manifest.name.indexOf(':') + 1) + manifest.collection;
    byKind.set(kind, [...(byKind.get(kind) ?? []), manifest]);
  }
  const kinds = [...byKind.values()];
  if (kinds.length === 0) return undefined;
  const heavyKinds = kinds.filter(([first]) => heavy.test(first?.name ?? ''));
  return (random) => {
    const own = random.pick(heavyKinds.length > 0 && random.chance(0.5) ? heavyKinds : kinds);
    const rich = own.filter((manifest) => richManifests.includes(manifest));
    return random.pick(rich.length > 0 && random.chance(0.5) ? rich : own);
  };
}
