import { definitionNameOf } from '@fluvial/openapi';
import { TypeMismatch } from '../builtin/decode/type-mismatch.ts';
import { wrapIntegers } from '../builtin/decode/wrap-integers.ts';
import { StatusError } from '../errors.ts';
import type { KubeObject } from '../types.ts';
import type { Target } from './object-writer.ts';
import type { DecodeReport } from './resource.ts';

/**
 * Objects after a strategic patch or an apply do not come out of JSON upstream but out of generic maps: the way into Go's
 * types is another one there, and so are its words (apimachinery `runtime/converter.go`).
 */

/** The OpenAPI definition of what a request is about; `undefined` for custom resources. */
export function definitionOf({ resource, served }: Target): string | undefined {
  return definitionNameOf({ group: resource.group, version: served.version, kind: resource.kind });
}

/** Decodes in place; whole numbers that are too large for their field are cut off. @throws {StatusError} 400 */
export function decodeConverted(object: KubeObject, target: Target, { strict }: DecodeReport): void {
  const report: DecodeReport = { strict, converted: true };
  try {
    target.served.strategy.decode(object, report);
  } catch (error) {
    const definition = definitionOf(target);
    if (!(causeOf(error)?.isOverflow ?? false) || definition === undefined) throw error;
    wrapIntegers(definition, object);
    target.served.strategy.decode(object, report);
  }
}

/** Why an object could not be decoded, as the converter says it. */
export function inWordsOfConverter(error: StatusError): string {
  return causeOf(error)?.converted ?? reasonOf(error);
}

/** Why an object could not be decoded, without what it should have been. */
export function reasonOf({ message }: StatusError): string {
  return message.replace(/^.*? cannot be handled as an? \w+: /, '');
}

function causeOf(error: unknown): TypeMismatch | undefined {
  return error instanceof StatusError && error.cause instanceof TypeMismatch ? error.cause : undefined;
}
