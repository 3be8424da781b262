import type { GlobalFlags } from '../global-flags.ts';
import type { Context, Ports } from './context.ts';
import { findCommand, persistentFlags } from './find-command.ts';
import type { Flag, Flags } from './flag-types.ts';
import { parseFlags, takesNext } from './parse-flags.ts';
import { createContext, helpFlags, type Program } from './run.ts';

/** What the shell does with the candidates (cobra's numbers). */
const directives = { default: 0, noFileCompletion: 4 } as const;

type Answer = { candidates: string[]; directive: number };

/** Answers `flux __complete ARGS… PREFIX`: candidates one a line, `NAME<TAB>text`, then `:DIRECTIVE`. */
export async function complete(
  program: Program,
  args: readonly string[],
  options: { ports: Ports; describe: boolean },
): Promise<void> {
  const { ports } = options;
  const answer = await answerFor(program, args, ports).catch(() => ({
    candidates: [],
    directive: directives.noFileCompletion,
  }));
  for (const candidate of answer.candidates) {
    ports.stdout(`${options.describe ? candidate : candidate.split('\t')[0]}\n`);
  }
  ports.stdout(`:${answer.directive}\n`);
}

async function answerFor(program: Program, args: readonly string[], ports: Ports): Promise<Answer> {
  const words = args.slice(0, -1);
  const prefix = args[args.length - 1] ?? '';
  const { path, rest } = findCommand(program.root, words);
  const node = path[path.length - 1]!;
  const module = await node.load?.();
  const flags: Flags = { ...persistentFlags(path), ...module?.flags, ...helpFlags };

  const last = words[words.length - 1];
  const pending = last?.startsWith('-') && last !== '--' && takesNext(last, flags) ? flagOf(last, flags) : undefined;
  const parse = (from: readonly string[]) => parseFlags(from, flags);
  const contextOf = (from: readonly string[]): Context & { end(): Promise<void> } => {
    const parsed = parse(from);
    const globals = parsed.values as unknown as GlobalFlags;
    return { ...createContext(ports, globals), namespace: globals.namespace };
  };
  if (pending !== undefined) return valuesOf(pending, prefix, contextOf(rest.slice(0, -1)));
  const inline = /^--([^=]+)=(.*)$/.exec(prefix);
  if (inline !== null) {
    const flag = flags[inline[1]!];
    if (flag === undefined) return { candidates: [], directive: directives.noFileCompletion };
    const values = await valuesOf(flag, inline[2]!, contextOf(rest));
    return { ...values, candidates: values.candidates.map((each) => `--${inline[1]}=${each}`) };
  }
  if (prefix.startsWith('-')) return { candidates: flagNames(flags, prefix), directive: directives.noFileCompletion };
  if (node.commands !== undefined) {
    const visible = node.commands.filter((each) => !each.hidden && each.name.startsWith(prefix));
    return { candidates: visible.map((each) => `${each.name}\t${each.short}`), directive: directives.noFileCompletion };
  }
  if (module?.complete === undefined) return { candidates: [], directive: directives.default };
  const context = contextOf(rest);
  try {
    const names = await module.complete(context, parse(rest).args, prefix);
    return { candidates: names.filter((name) => name.startsWith(prefix)), directive: directives.noFileCompletion };
  } finally {
    await context.end();
  }
}

function flagOf(arg: string, flags: Flags): Flag<unknown> | undefined {
  if (arg.startsWith('--')) return flags[arg.slice(2)];
  return Object.values(flags).find((flag) => flag.shorthand === arg.slice(1));
}

function flagNames(flags: Flags, prefix: string): string[] {
  const lines: string[] = [];
  for (const [name, flag] of Object.entries(flags)) {
    if (flag.hidden || flag.deprecated !== undefined) continue;
    const usage = flag.usage.replaceAll('`', '');
    if (flag.shorthand && `-${flag.shorthand}`.startsWith(prefix)) lines.push(`-${flag.shorthand}\t${usage}`);
    if (`--${name}`.startsWith(prefix)) lines.push(`--${name}\t${usage}`);
  }
  return lines.sort();
}

async function valuesOf(
  flag: Flag<unknown>,
  prefix: string,
  context: Context & { end(): Promise<void> },
): Promise<Answer> {
  try {
    if (flag.completes === 'files') return { candidates: [], directive: directives.default };
    const all = await candidatesOf(flag, context);
    return { candidates: all.filter((each) => each.startsWith(prefix)), directive: directives.noFileCompletion };
  } finally {
    await context.end();
  }
}

async function candidatesOf(flag: Flag<unknown>, context: Context): Promise<readonly string[]> {
  if (flag.completes === undefined || flag.completes === 'files') return [];
  if (flag.completes === 'namespaces') {
    const kube = await context.kube();
    const list = await kube.list(
      { apiVersion: 'v1', kind: 'Namespace' },
      { metadataOnly: true, signal: context.deadline },
    );
    return list.items.map((each) => each.metadata.name);
  }
  if (flag.completes === 'contexts') {
    const { listContexts } = await import('./kube-contexts.ts');
    return listContexts(context);
  }
  return flag.completes;
}
