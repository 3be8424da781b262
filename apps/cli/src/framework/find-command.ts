import type { CommandNode } from './command.ts';
import type { Flags } from './flag-types.ts';
import type { CommandPath } from './help.ts';
import { takesNext } from './parse-flags.ts';

/** A command and the arguments that are left once its name is taken out. */
export type Found = { readonly path: CommandPath; readonly rest: string[] };

/** Follows the names in a command line down the tree; flags may stand anywhere between them. */
export function findCommand(root: CommandNode, args: readonly string[]): Found {
  const path: CommandNode[] = [root];
  let rest = [...args];
  for (;;) {
    const node = path[path.length - 1]!;
    if (node.commands === undefined) break;
    const at = firstWord(rest, persistentFlags(path));
    const word = at < 0 ? undefined : rest[at];
    const child = word === undefined ? undefined : childOf(node, word);
    if (child === undefined) break;
    path.push(child);
    if (child.passThrough !== undefined) return { path, rest: rest.slice(at + 1) };
    rest = [...rest.slice(0, at), ...rest.slice(at + 1)];
  }
  return { path, rest };
}

/** The sub-command of that name or alias. */
export function childOf(node: CommandNode, word: string): CommandNode | undefined {
  return node.commands?.find((each) => each.name === word || each.aliases?.includes(word));
}

/** Flags that hold at the end of a path because something above declares them. */
export function persistentFlags(path: CommandPath): Flags {
  return Object.assign({}, ...path.map((each) => each.persistent ?? {})) as Flags;
}

const switches = new Set(['-h', '--help', '-v', '--version']);

function firstWord(args: readonly string[], flags: Flags): number {
  for (let at = 0; at < args.length; at++) {
    const arg = args[at]!;
    if (arg === '--') return -1;
    if (!arg.startsWith('-') || arg === '-') return at;
    if (!switches.has(arg) && takesNext(arg, flags)) at++;
  }
  return -1;
}
