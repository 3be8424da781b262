import type { ObjectMeta } from '@fluvial/kube';

/** What labels and annotations under the control group ask of one object. */
export type Controls = {
  readonly isDisabled: boolean;
  readonly isPruneDisabled: boolean;
  readonly isForced: boolean;
  readonly ssa: 'override' | 'merge' | 'ignore' | 'ifnotpresent';
};

const none: Controls = { isDisabled: false, isPruneDisabled: false, isForced: false, ssa: 'override' };

/** Reads the controls of a manifest or a live object; a label or an annotation is enough, case does not matter. */
export function readControls(metadata: Pick<ObjectMeta, 'labels' | 'annotations'>, group: string): Controls {
  const { labels, annotations } = metadata;
  if (labels === undefined && annotations === undefined) return none;
  const has = (key: string, value: string) =>
    labels?.[`${group}/${key}`]?.toLowerCase() === value || annotations?.[`${group}/${key}`]?.toLowerCase() === value;
  return {
    isDisabled: has('reconcile', 'disabled'),
    isPruneDisabled: has('prune', 'disabled'),
    isForced: has('force', 'enabled'),
    ssa: has('ssa', 'ignore')
      ? 'ignore'
      : has('ssa', 'ifnotpresent')
        ? 'ifnotpresent'
        : has('ssa', 'merge')
          ? 'merge'
          : 'override',
  };
}

/** Whether an object of these controls is left alone, given what is known of the live one. */
export function isLeftAlone(manifest: Controls, live: Controls | undefined): boolean {
  if (manifest.isDisabled || manifest.ssa === 'ignore') return true;
  if (live === undefined) return false;
  return live.isDisabled || live.ssa === 'ignore' || manifest.ssa === 'ifnotpresent';
}
