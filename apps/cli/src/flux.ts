import type { Ports } from './framework/context.ts';
import { runCommandLine } from './framework/run.ts';
import { commandTree } from './tree.ts';
import { fluxVersion } from './version.ts';

/** Runs one `flux` command line; the exit status is the result. */
export function runFlux(args: readonly string[], ports: Ports): Promise<number> {
  return runCommandLine({ root: commandTree(), version: fluxVersion }, args, ports);
}
