/** An object and what it brought into the cluster. */
export type ObjectTree = {
  readonly group: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly children: ObjectTree[];
};

/** One line an object, drawn as a tree. */
export function printTree(tree: ObjectTree): string {
  return `${label(tree)}\n${branches(tree.children, '')}`;
}

function branches(children: readonly ObjectTree[], indent: string): string {
  let text = '';
  children.forEach((child, index) => {
    const isLast = index === children.length - 1;
    text += `${indent}${isLast ? '└── ' : '├── '}${label(child)}\n`;
    text += branches(child.children, `${indent}${isLast ? '    ' : '│   '}`);
  });
  return text;
}

function label({ kind, namespace, name }: ObjectTree): string {
  return namespace === '' ? `${kind}/${name}` : `${kind}/${namespace}/${name}`;
}

/** The tree as data for scripts; the capital names are the original's. */
export type TreeJson = {
  resource: { Namespace: string; Name: string; GroupKind: { Group: string; Kind: string } };
  resources?: TreeJson[];
};

/** The tree as data for scripts. */
export function treeJson(tree: ObjectTree): TreeJson {
  return {
    resource: {
      Namespace: tree.namespace,
      Name: tree.name,
      GroupKind: { Group: tree.group, Kind: tree.kind },
    },
    ...(tree.children.length > 0 ? { resources: tree.children.map(treeJson) } : {}),
  };
}
