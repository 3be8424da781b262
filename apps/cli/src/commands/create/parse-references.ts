/** An object that a flag names. */
export type ParsedReference = { kind: string; name: string; namespace: string };

/** Splits `kind/name`; the kind is empty when there is no slash. */
export function splitKindName(text: string): { kind: string; name: string } {
  const at = text.indexOf('/');
  return at < 0 ? { kind: '', name: text } : { kind: text.slice(0, at), name: text.slice(at + 1) };
}

/** Splits `kind/name.namespace`; the last dot of the name separates. */
export function splitKindNameNamespace(text: string): ParsedReference {
  const { kind, name } = splitKindName(text);
  const dot = name.lastIndexOf('.');
  return dot < 0 ? { kind, name, namespace: '' } : { kind, name: name.slice(0, dot), namespace: name.slice(dot + 1) };
}

/** Splits `namespace/name`; the namespace is empty without a slash. */
export function splitNamespaceName(text: string): { name: string; namespace?: string } {
  const at = text.indexOf('/');
  return at < 0 ? { name: text } : { namespace: text.slice(0, at), name: text.slice(at + 1) };
}

/** The entry of a list that equals the text but for upper and lower case. */
export function matchFold<const V extends readonly string[]>(values: V, text: string): V[number] | undefined {
  const wanted = text.toLowerCase();
  return values.find((each) => each.toLowerCase() === wanted);
}

/** References of `--depends-on`. */
export function dependencies(list: readonly string[]): { name: string; namespace?: string }[] {
  return list.map(splitNamespaceName);
}
