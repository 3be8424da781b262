import { isObject } from '@fluvial/go-text';
import { MergeError } from './errors.ts';
import { refOf } from './type-node.ts';
import type { JsonSchema, TypeSchema } from './types.ts';

/** How a strategic merge treats one field. */
export interface FieldPatchMeta {
  /** `merge`, `replace` or empty; `retainKeys` is dropped, the directive says it again. */
  readonly strategy: string;
  /** Empty for lists of scalars. */
  readonly mergeKey: string;
  readonly meta: PatchMeta;
}

/** Walks a schema for the patch strategies of fields. */
export class PatchMeta {
  readonly #type: TypeSchema | undefined;
  readonly #schema: JsonSchema | undefined;
  readonly #lenient: boolean;

  private constructor(type: TypeSchema | undefined, schema: JsonSchema | undefined, lenient: boolean) {
    this.#type = type;
    this.#schema = schema;
    this.#lenient = lenient;
  }

  static root(type: TypeSchema | undefined, lenient: boolean): PatchMeta {
    const meta = new PatchMeta(type, undefined, lenient);
    return new PatchMeta(type, type === undefined ? undefined : meta.#follow(type.schema), lenient);
  }

  /** @throws {MergeError} `PATCH_FAILED` for a field the schema does not know, unless lenient */
  field(key: string): FieldPatchMeta {
    const schema = this.#schema;
    const properties = schema?.properties;
    const property = properties !== undefined && Object.hasOwn(properties, key) ? properties[key] : undefined;
    if (property !== undefined) {
      const strategies = (property['x-kubernetes-patch-strategy'] ?? '').split(',');
      return {
        strategy: strategies.find((strategy) => strategy !== '' && strategy !== 'retainKeys') ?? '',
        mergeKey: property['x-kubernetes-patch-merge-key'] ?? '',
        meta: this.#below(this.#follow(property)),
      };
    }
    const additional = schema?.additionalProperties;
    const known = schema === undefined || additional !== undefined || properties === undefined;
    if (!known && !this.#lenient) throw new MergeError('PATCH_FAILED', `unable to find api field "${key}"`);
    const below = isObject(additional) ? this.#follow(additional as JsonSchema) : undefined;
    return { strategy: '', mergeKey: '', meta: this.#below(below) };
  }

  /** Of a list's items. */
  item(): PatchMeta {
    const items = this.#schema?.items;
    return this.#below(items === undefined ? undefined : this.#follow(items));
  }

  #below(schema: JsonSchema | undefined): PatchMeta {
    return new PatchMeta(this.#type, schema, this.#lenient);
  }

  #follow(schema: JsonSchema): JsonSchema | undefined {
    let target: JsonSchema | undefined = schema;
    for (let hops = 0; target !== undefined && hops < 8; hops++) {
      const ref = refOf(target);
      if (ref === undefined) return target;
      target = this.#type?.resolve(ref);
    }
    return target;
  }
}
