import { setMaxListeners } from 'node:events';
import type { GlobalFlags } from '../global-flags.ts';
import type { CommandNode } from './command.ts';
import { connect, readKubeConfig } from './connect.ts';
import type { Context, Ports } from './context.ts';
import { toMs } from './duration.ts';
import { CliError, messageOf, SilentExit } from './errors.ts';
import { childOf, findCommand, persistentFlags } from './find-command.ts';
import { boolFlag, type Flags } from './flag-types.ts';
import { type CommandPath, helpText, usageText } from './help.ts';
import { createLogger } from './logger.ts';
import { isDnsLabel, resolveNamespace } from './namespace.ts';
import { type ParsedFlags, parseFlags } from './parse-flags.ts';
import { suggestionsFor } from './suggest.ts';

/** Flags that every command takes for itself. */
export const helpFlags: Flags = { help: boolFlag('help', false, { shorthand: 'h' }) };

/** What `--version` prints, and the tree. */
export type Program = { readonly root: CommandNode; readonly version: string };

/** Runs one command line to its end and returns the exit status. Everything that goes wrong is printed here. */
export async function runCommandLine(program: Program, args: readonly string[], ports: Ports): Promise<number> {
  try {
    await dispatch(program, args, ports);
    return 0;
  } catch (error) {
    if (error instanceof SilentExit) return error.exitCode;
    const symbol = error instanceof CliError ? error.symbol : '✗';
    ports.stderr(`${symbol} ${messageOf(error)}\n`);
    return error instanceof CliError ? error.exitCode : 1;
  }
}

async function dispatch(program: Program, args: readonly string[], ports: Ports): Promise<void> {
  if (args[0] === '__complete' || args[0] === '__completeNoDesc') {
    const { complete } = await import('./complete.ts');
    return complete(program, args.slice(1), { ports, describe: args[0] === '__complete' });
  }
  const { path, rest } = findCommand(program.root, args);
  const node = path[path.length - 1]!;
  if (node.passThrough !== undefined) {
    return node.passThrough(createContext(ports, globalsOf(program, parseFlags([], persistentFlags(path)))), rest);
  }
  if (path[1]?.name === 'help' && path.length === 2) return help(program, rest, ports);

  const module = await node.load?.();
  const own: Flags = path.length === 1 ? { version: boolFlag('print the version', false, { shorthand: 'v' }) } : {};
  const parsed = parseFlags(rest, { ...persistentFlags(path), ...module?.flags, ...own, ...helpFlags });
  for (const notice of parsed.notices) ports.stdout(`${notice}\n`);
  if (parsed.values['help'] === true) return ports.stdout(helpText(path, module));
  if (path.length === 1 && parsed.values['version'] === true) return ports.stdout(`flux version ${program.version}\n`);
  if (module === undefined) {
    if (path.length === 1 && parsed.args.length > 0) throw unknownCommand(program.root, parsed.args[0]!);
    return ports.stdout(helpText(path, undefined));
  }
  module.args?.(parsed.args, path.map((each) => each.name).join(' '));
  const globals = globalsOf(program, parsed);
  const context = createContext(ports, globals);
  const namespace = await resolveNamespace(globals, parsed.given.has('namespace'), ports, async () => {
    return (await readKubeConfig(globals, ports)).namespace;
  });
  if (!path.some((each) => each.skipsNamespaceCheck) && !isDnsLabel(namespace)) {
    throw new CliError(`namespace must be a valid DNS label: ${JSON.stringify(namespace)}`);
  }
  try {
    await module.run(
      { ...context, namespace, kube: context.kube },
      { args: parsed.args, flags: parsed.values as never, given: (name) => parsed.given.has(name) },
    );
  } finally {
    await context.end();
  }
}

function globalsOf(program: Program, parsed: ParsedFlags): GlobalFlags {
  const names = Object.keys(program.root.persistent ?? {});
  return Object.fromEntries(names.map((name) => [name, parsed.values[name]])) as unknown as GlobalFlags;
}

/** A context whose client is made on first use; `end` closes what was opened. */
export function createContext(ports: Ports, globals: GlobalFlags): Context & { end(): Promise<void> } {
  let client: ReturnType<typeof connect> | undefined;
  const timeoutMs = toMs(globals.timeout);
  const deadline = new AbortController();
  const signal = AbortSignal.any([ports.signal, deadline.signal]);
  // Many requests at once each listen to it.
  setMaxListeners(0, signal);
  const timer = setTimeout(
    () => deadline.abort(new Error('context deadline exceeded')),
    Math.min(timeoutMs, 2 ** 31 - 1),
  );
  timer.unref();
  return {
    ...ports,
    globals,
    namespace: globals.namespace,
    log: createLogger((text) => ports.stderr(text)),
    timeoutMs,
    deadline: signal,
    kube() {
      client ??= connect(globals, ports);
      return client;
    },
    async end() {
      clearTimeout(timer);
      await (await client?.catch(() => undefined))?.close();
    },
  };
}

async function help(program: Program, names: readonly string[], ports: Ports): Promise<void> {
  const words = names.filter((name) => !name.startsWith('-'));
  const path: CommandNode[] = [program.root];
  for (const word of words) {
    const child = childOf(path[path.length - 1]!, word);
    if (child === undefined) break;
    path.push(child);
  }
  const found: CommandPath = path;
  const module = await found[found.length - 1]!.load?.();
  if (words.length > 0 && found.length === 1) {
    ports.stdout(
      `Unknown help topic [${words.map((word) => `\`${word}\``).join(' ')}]\n${usageText(found, undefined)}`,
    );
    return;
  }
  ports.stdout(helpText(found, module));
}

function unknownCommand(root: CommandNode, typed: string): CliError {
  const names = (root.commands ?? []).filter((each) => !each.hidden).map((each) => each.name);
  const close = suggestionsFor(typed, names);
  const hint = close.length === 0 ? '' : `\n\nDid you mean this?\n${close.map((name) => `\t${name}\n`).join('')}`;
  return new CliError(`unknown command ${JSON.stringify(typed)} for ${JSON.stringify(root.name)}${hint}`);
}
