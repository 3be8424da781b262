import type { KubeObject } from '../types.ts';

/** One version of one object. Immutable, shared by the index, the history and every request. */
export class Stored {
  /** `namespace/name`, or `name` for cluster-scoped kinds. */
  readonly key: string;
  readonly revision: number;
  readonly object: KubeObject;
  #json: string | undefined;
  #views: Map<string, { object: KubeObject; json: string }> | undefined;

  constructor(key: string, revision: number, object: KubeObject, json?: string) {
    this.key = key;
    this.revision = revision;
    this.object = object;
    this.#json = json;
  }

  /** The object's JSON, made once. */
  get json(): string {
    this.#json ??= JSON.stringify(this.object);
    return this.#json;
  }

  /** Frees the texts of a version that is history: they are made again if a watch goes that far back. */
  forgetTexts(): void {
    this.#json = undefined;
    this.#views = undefined;
  }

  /** The same for another served version, made once per version. */
  view(version: string, convert: (object: KubeObject) => KubeObject): { object: KubeObject; json: string } {
    this.#views ??= new Map();
    let view = this.#views.get(version);
    if (view === undefined) {
      const object = convert(this.object);
      view = { object, json: JSON.stringify(object) };
      this.#views.set(version, view);
    }
    return view;
  }
}

export type ChangeType = 'ADDED' | 'MODIFIED' | 'DELETED';

/** One committed write. */
export interface Change {
  readonly type: ChangeType;
  readonly revision: number;
  /** The new state; for `DELETED` the last state with the revision of the deletion. */
  readonly current: Stored;
  readonly previous: Stored | undefined;
  /** Encoded watch frames by view, shared between watchers. */
  frames?: Map<string, string> | undefined;
}
