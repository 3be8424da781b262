import { gunzipSync } from 'node:zlib';
import { goTypesGzip } from '../gen/go-types.ts';

/** How Go declares one field of a struct that is read from and written to JSON. */
export interface GoField {
  /** The name in JSON. */
  readonly name: string;
  /** A pointer: its zero value is there, its absence is null. */
  readonly pointer: boolean;
  /** An empty value is left out (structs are never empty). */
  readonly omitEmpty: boolean;
  /** A zero value is left out, structs too. */
  readonly omitZero: boolean;
  /** As Go's messages print it, without the pointer: `[]v1.Volume`. */
  readonly type: string;
}

let lines: Map<string, string> | undefined;
const known = new Map<string, readonly GoField[] | undefined>();

/** The fields of a definition such as `io.k8s.api.core.v1.PodSpec`, in the order of Go's declaration. */
export function goFieldsOf(definition: string): readonly GoField[] | undefined {
  if (known.has(definition)) return known.get(definition);
  if (lines === undefined) {
    const text = gunzipSync(Buffer.from(goTypesGzip, 'base64')).toString('utf8');
    lines = new Map(text.split('\n').map((line) => line.split('\t') as [string, string]));
  }
  const fields = lines.get(definition)?.split(',').map(parseField);
  known.set(definition, fields);
  return fields;
}

function parseField(text: string): GoField {
  const equals = text.indexOf('=');
  const colon = text.indexOf(':', equals);
  const flags = text.slice(equals + 1, colon);
  return {
    name: text.slice(0, equals),
    pointer: flags.includes('*'),
    omitEmpty: flags.includes('o'),
    omitZero: flags.includes('z'),
    type: text.slice(colon + 1),
  };
}
