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
