import { parseYamlNodes, YamlError, type YamlNode } from '@fluvial/yaml';

/** What a body says twice, as strict decoding tells it. */
export interface Duplicates {
  /** One warning each. */
  readonly warnings: readonly string[];
  /** All of them, where they are an error. */
  readonly error: string;
}

/** Of a body in JSON, or undefined: nothing is there twice. `prefix` stands before each text. */
export function duplicatesOfJson(text: string, prefix = ''): Duplicates | undefined {
  const warnings = duplicateKeys(text).map((field) => `${prefix}duplicate field ${JSON.stringify(field)}`);
  return warnings.length === 0 ? undefined : { warnings, error: warnings.join(', ') };
}

/** Of a body in YAML, by line. JSON is YAML, too. */
export function duplicatesOfYaml(text: string): Duplicates | undefined {
  if (/^\s*\{/.test(text) && duplicateKeys(text).length === 0) return undefined;
  const warnings: string[] = [];
  try {
    const seen = new Set<YamlNode>();
    for (const { root } of parseYamlNodes(text)) if (root !== undefined) collect(root, text, seen, warnings);
  } catch (error) {
    // Too deep for one reader is too deep for the other, which says so.
    if (error instanceof YamlError) return undefined;
    throw error;
  }
  if (warnings.length === 0) return undefined;
  return { warnings, error: `yaml: unmarshal errors:\n${warnings.map((line) => `  ${line}`).join('\n')}` };
}

/** What aliases name is looked at once. */
function collect(node: YamlNode, text: string, seen: Set<YamlNode>, into: string[]): void {
  if (node.type === 'scalar' || seen.has(node)) return;
  seen.add(node);
  if (node.type === 'list') {
    for (const item of node.items) collect(item, text, seen, into);
    return;
  }
  const keys = new Set<string>();
  for (const [key, value] of node.entries) {
    if (key.type === 'scalar' && keys.has(key.text)) {
      const line = text.slice(0, key.start).split('\n').length;
      into.push(`line ${line}: key ${JSON.stringify(key.text)} already set in map`);
    }
    if (key.type === 'scalar') keys.add(key.text);
    collect(value, text, seen, into);
  }
}

/**
 * The fields that a JSON text has more than once, as Go names them (`spec.ports[0].name`), in the order of the text.
 *
 * @param text Valid JSON; of other texts the answer says nothing.
 */
export function duplicateKeys(text: string): string[] {
  const found: string[] = [];
  const open: { readonly path: string; readonly keys: Set<string> | undefined; index: number }[] = [];
  const token = /"(?:[^"\\]|\\.)*"|[{}[\],:]/g;
  let key = '';
  let wantsKey = false;
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    const [word] = match;
    const top = open.at(-1);
    switch (word) {
      case '{':
      case '[':
        open.push({ path: pathInside(top, key), keys: word === '{' ? new Set() : undefined, index: 0 });
        wantsKey = word === '{';
        break;
      case '}':
      case ']':
        open.pop();
        wantsKey = false;
        break;
      case ',':
        if (top?.keys === undefined) {
          if (top !== undefined) top.index++;
        } else wantsKey = true;
        break;
      case ':':
        break;
      default:
        if (!wantsKey || top?.keys === undefined) break;
        wantsKey = false;
        key = JSON.parse(word) as string;
        if (top.keys.has(key)) found.push(pathInside(top, key));
        top.keys.add(key);
    }
  }
  return found;
}

function pathInside(
  parent: { readonly path: string; readonly keys: Set<string> | undefined; readonly index: number } | undefined,
  key: string,
): string {
  if (parent === undefined) return '';
  if (parent.keys === undefined) return `${parent.path}[${parent.index}]`;
  return parent.path === '' ? key : `${parent.path}.${key}`;
}
