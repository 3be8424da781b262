import type { CommandModule, CommandNode } from './command.ts';
import type { Flag, Flags } from './flag-types.ts';
import { displayWidth } from './table.ts';

/** The way from the root to a command. */
export type CommandPath = readonly CommandNode[];

const previewNote =
  '⚠️  This command is in preview and under development.\nIts flags and output may change between releases.';

/** The full help text: description, usage, aliases, examples, commands, flags. */
export function helpText(path: CommandPath, module: CommandModule | undefined): string {
  const node = path[path.length - 1]!;
  let description = module?.long ?? node.long ?? node.short;
  if (node.preview) description += `\n\n${previewNote}`;
  return `${description.trimEnd()}\n\n${usageText(path, module)}`;
}

/** The part of the help that follows the description. */
export function usageText(path: CommandPath, module: CommandModule | undefined): string {
  const node = path[path.length - 1]!;
  const words = path.map((each) => each.name).join(' ');
  const commands = (node.commands ?? []).filter((each) => !each.hidden);
  let text = 'Usage:\n';
  if (module !== undefined) {
    text += `  ${words}${node.takes ? ` ${node.takes}` : ''} [flags]\n`;
  }
  if (commands.length > 0) text += `  ${words} [command]\n`;
  if (node.aliases !== undefined && node.aliases.length > 0) {
    text += `\nAliases:\n  ${[node.name, ...node.aliases].join(', ')}\n`;
  }
  const example = module?.example ?? node.example;
  if (example) text += `\nExamples:\n${example.replace(/\n+$/, '')}\n`;
  text += commandList(commands);
  const own: Flags = { ...node.persistent, ...module?.flags, ...helpFlag(node.name) };
  text += flagSection('Flags', own);
  const inherited: Record<string, Flag<unknown>> = {};
  for (const each of path.slice(0, -1)) Object.assign(inherited, each.persistent);
  for (const name of Object.keys(own)) delete inherited[name];
  text += flagSection('Global Flags', inherited);
  if (commands.length > 0) text += `\nUse "${words} [command] --help" for more information about a command.\n`;
  return text;
}

function helpFlag(name: string): Flags {
  return {
    help: {
      type: { name: '', alone: 'true', parse: () => true, print: () => '' },
      default: false,
      usage: `help for ${name}`,
      shorthand: 'h',
    },
  };
}

function commandList(commands: readonly CommandNode[]): string {
  const width = Math.max(11, ...commands.map((each) => each.name.length));
  const sections = new Map<string, CommandNode[]>();
  for (const each of commands) {
    const title = each.section ?? 'Available Commands';
    sections.set(title, [...(sections.get(title) ?? []), each]);
  }
  let text = '';
  for (const [title, members] of sections) {
    text += `\n${title}:\n`;
    for (const each of members) text += `  ${each.name.padEnd(width)} ${each.short}\n`;
  }
  return text;
}

function flagSection(title: string, flags: Flags): string {
  const shown = Object.entries(flags)
    .filter(([, flag]) => !flag.hidden && flag.deprecated === undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  if (shown.length === 0) return '';
  const heads = shown.map(([name, flag]) => flagHead(name, flag));
  const width = Math.max(...heads.map(displayWidth));
  let text = `\n${title}:\n`;
  shown.forEach(([, flag], index) => {
    const head = heads[index]!;
    const fallback = flag.type.print(flag.default);
    const note = fallback === '' ? '' : ` (default ${fallback})`;
    const usage = flag.usage.replaceAll('`', '').replaceAll('\n', `\n${' '.repeat(width + 3)}`);
    text += `${head}${' '.repeat(width - displayWidth(head))}   ${usage}${note}\n`;
  });
  return text;
}

function flagHead(name: string, flag: Flag<unknown>): string {
  const short = flag.shorthand ? `-${flag.shorthand}, ` : '    ';
  const word = /`([^`]+)`/.exec(flag.usage)?.[1] ?? flag.type.name;
  return `  ${short}--${name}${word === '' ? '' : ` ${word}`}`;
}
