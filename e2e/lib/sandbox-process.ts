import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createKubeClient, type KubeClient, loadKubeConfig } from '@fluvial/kube';
import { type Program, type ProgramEnd, programPath, runProgram, startProgram } from './program.ts';

/** `flux dev` in a process of its own. */
export interface SandboxProcess {
  readonly dir: string;
  readonly kubeconfig: string;
  /** `127.0.0.1:PORT` */
  readonly registry: string;
  readonly kube: KubeClient;
  readonly program: Program;
  flux(args: readonly string[], options?: { stdin?: string }): Promise<ProgramEnd>;
  /** Ends the program and, unless told otherwise, removes its folder. */
  stop(options?: { signal?: NodeJS.Signals; keep?: boolean }): Promise<ProgramEnd>;
}

/** Starts `flux dev` and waits until it is ready. */
export async function startSandboxProcess(
  options: { dir?: string; args?: readonly string[] } = {},
): Promise<SandboxProcess> {
  const dir = options.dir ?? mkdtempSync(path.join(tmpdir(), 'fluvial-e2e-'));
  const program = startProgram(programPath('flux'), ['dev', `--dir=${dir}`, ...(options.args ?? [])]);
  await program.shows('sandbox ready\n');
  const { kubeconfig, registry } = JSON.parse(readFileSync(path.join(dir, 'sandbox.json'), 'utf8')) as {
    kubeconfig: string;
    registry: string;
  };
  const kube = createKubeClient(await loadKubeConfig({ kubeconfig }), { userAgent: 'e2e' });
  return {
    dir,
    kubeconfig,
    registry,
    kube,
    program,
    flux: (args, { stdin } = {}) =>
      runProgram(programPath('flux'), args, {
        env: { KUBECONFIG: kubeconfig },
        ...(stdin === undefined ? {} : { stdin }),
      }),
    async stop({ signal = 'SIGTERM', keep = false } = {}) {
      await kube.close();
      const end = await program.stop(signal);
      if (!keep) rmSync(dir, { recursive: true, force: true });
      return end;
    },
  };
}
