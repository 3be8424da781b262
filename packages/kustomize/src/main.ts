import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from './build.ts';
import { createDirectoryFs } from './directory-fs.ts';
import type { BuiltResource } from './types.ts';

const USAGE = `Build a kustomization target from a directory.

Usage:
  fluvial-kustomize build [DIR] [flags]

Flags:
      --load-restrictor string   LoadRestrictionsRootOnly (default) or LoadRestrictionsNone
      --root string              directory that no path may leave; default: the file system's root
  -o, --output string            write to this file, or one file per object to this directory
      --reorder string           none or legacy (default "legacy")
  -h, --help                     help
`;

interface Streams {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
}

/** Runs the command; returns the exit code. Warnings and errors go to stderr, as with kustomize itself. */
export function main(args: readonly string[], streams: Streams): number {
  try {
    return run(args, streams);
  } catch (error) {
    streams.stderr.write(`Error: ${(error as Error).message}\n`);
    return 1;
  }
}

function run(args: readonly string[], { stdout, stderr }: Streams): number {
  const [command, ...rest] = args;
  const flags = new Map<string, string>();
  const operands: string[] = [];
  for (let i = 0; i < rest.length; i++) {
    const arg = rest[i] as string;
    const match = /^(--[a-z-]+|-o|-h)(?:=(.*))?$/s.exec(arg);
    if (match === null) operands.push(arg);
    else if (match[1] === '-h' || match[1] === '--help') flags.set('--help', '');
    else flags.set(match[1] === '-o' ? '--output' : (match[1] as string), match[2] ?? rest[++i] ?? '');
  }
  if (command === undefined || command === '--help' || command === '-h' || command === 'help' || flags.has('--help')) {
    stdout.write(USAGE);
    return 0;
  }
  if (command !== 'build') throw new Error(`unknown command "${command}" for "fluvial-kustomize"`);
  for (const name of flags.keys()) {
    if (!['--load-restrictor', '--root', '--output', '--reorder'].includes(name))
      throw new Error(`unknown flag: ${name}`);
  }
  if (operands.length > 1) throw new Error(`specify one path to kustomization.yaml`);
  const dir = resolve(operands[0] ?? '.');
  const restrictor = flags.get('--load-restrictor') ?? 'LoadRestrictionsRootOnly';
  if (restrictor !== 'LoadRestrictionsRootOnly' && restrictor !== 'LoadRestrictionsNone') {
    throw new Error(
      `illegal flag value --load-restrictor ${restrictor}; legal values: [LoadRestrictionsRootOnly LoadRestrictionsNone]`,
    );
  }
  const reorder = flags.get('--reorder') ?? 'legacy';
  if (reorder !== 'none' && reorder !== 'legacy')
    throw new Error(`illegal flag value --reorder ${reorder}; legal values: [none legacy]`);
  const result = build(createDirectoryFs(resolve(flags.get('--root') ?? '/')), dir, {
    loadRestrictions: restrictor === 'LoadRestrictionsNone' ? 'none' : 'rootOnly',
    order: reorder,
    customSchema: 'instead',
  });
  for (const warning of result.warnings)
    stderr.write(`${warning.startsWith('#') ? '' : logPrefix(new Date())}${warning}\n`);
  const output = flags.get('--output');
  if (output === undefined) stdout.write(result.yaml());
  else if (statSync(output, { throwIfNoEntry: false })?.isDirectory() === true) {
    for (const resource of result.resources) writeFileSync(join(output, fileName(resource)), resource.text());
  } else {
    mkdirSync(resolve(output, '..'), { recursive: true });
    writeFileSync(output, result.yaml());
  }
  return 0;
}

/** What Go's logger puts in front of a line. */
function logPrefix(now: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = [now.getFullYear(), two(now.getMonth() + 1), two(now.getDate())].join('/');
  return `${day} ${[now.getHours(), now.getMinutes(), now.getSeconds()].map(two).join(':')} `;
}

function fileName({ object }: BuiltResource): string {
  const { namespace, name } = (object.metadata ?? {}) as { namespace?: string; name?: string };
  const apiVersion = String(object.apiVersion ?? '').replaceAll('/', '_');
  const parts = [namespace, apiVersion, String(object.kind ?? ''), name].filter(
    (part) => part !== undefined && part !== '',
  );
  return `${parts
    .join('_')
    .toLowerCase()
    .replaceAll(/[/\\:]/g, '_')}.yaml`;
}
