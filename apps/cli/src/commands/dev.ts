import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { SandboxError, startSandbox } from '@fluvial/sandbox';
import { defineCommand } from '../framework/command.ts';
import { CliError } from '../framework/errors.ts';
import { boolFlag, enumFlag, intFlag, listFlag, stringFlag } from '../framework/flag-types.ts';
import { playDemo } from './dev/demo/play-demo.ts';
import { controllerNames, startControllers } from './dev/start-controllers.ts';

const levels = ['trace', 'debug', 'info', 'error'] as const;

/** `flux dev` */
export default defineCommand({
  long: `Start a sandbox on this machine: an embedded Kubernetes API server, an OCI registry and the suite's controllers in one
process. It listens on 127.0.0.1 only, keeps its state in a folder and comes back with it after a restart.

When it is ready it has written "kubeconfig" and "sandbox.json" into the folder, and prints the line "sandbox ready".`,
  example: `  # Start a sandbox in .fluvial
  flux dev

  # Leave the workloads of some namespaces to their clients
  flux dev --skip-workloads='test-*'

  # Everything but the controller that is being developed
  flux dev --controllers=source-controller`,
  flags: {
    dir: stringFlag('folder of the state', '.fluvial', { completes: 'files' }),
    'api-port': intFlag('port of the API server; 0 chooses a free one', 0),
    'registry-port': intFlag('port of the registry; 0 chooses a free one', 0),
    'skip-workloads': stringFlag('glob of the namespaces whose workloads are left to their clients'),
    controllers: listFlag('controllers to run', controllerNames),
    'log-level': enumFlag('string', 'level of the controllers’ log, in logs/ of the folder', levels, {
      default: 'info',
      refuse: (text) => `invalid log level '${text}', must be one of: ${levels.join(', ')}`,
    }),
    demo: stringFlag('play the journey of this example folder', '', { completes: 'files' }),
    once: boolFlag('with --demo: end when the journey is over, as without a terminal'),
  },
  async run(context, { flags, given }) {
    const isDemo = flags.demo !== '';
    const dir = path.resolve(context.cwd, isDemo && !given('dir') ? path.join(flags.dir, 'demo') : flags.dir);
    const unknown = flags.controllers.find((name) => !controllerNames.includes(name));
    if (unknown !== undefined)
      throw new CliError(`unknown controller '${unknown}', must be one of: ${controllerNames.join(', ')}`);
    if (isDemo && !given('dir')) clear(dir);
    else if (isDemo && existsSync(path.join(dir, 'apiserver')))
      throw new CliError(`the demo starts from nothing, and ${dir} holds a sandbox: choose an empty folder with --dir`);

    const sandbox = await startSandbox({
      dir,
      apiPort: flags['api-port'],
      registryPort: flags['registry-port'],
      ...(flags['skip-workloads'] === '' ? {} : { skipWorkloads: flags['skip-workloads'] }),
    }).catch((error: unknown) => {
      throw error instanceof SandboxError ? new CliError(error.message, { cause: error }) : error;
    });
    const controllers = await startControllers(sandbox, flags.controllers, flags['log-level'] || 'info').catch(
      async (error: unknown) => {
        await sandbox.close();
        throw error;
      },
    );
    try {
      sandbox.announce();
      context.stdout(
        `kubeconfig: ${sandbox.folder.kubeconfig}\nregistry: ${sandbox.registry.address}\nsandbox ready\n`,
      );
      if (isDemo) {
        await playDemo(context, sandbox, path.resolve(context.cwd, flags.demo));
        if (flags.once || !context.isTerminal) return;
      }
      await Promise.race([untilAborted(context.signal), controllers.failed]);
    } finally {
      // Controllers first: they still have status to write.
      await controllers.stop();
      await sandbox.close();
    }
  },
});

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** The demo starts from nothing each time, in a folder that is its own. */
function clear(dir: string): void {
  for (const part of ['apiserver', 'registry', 'artifacts', 'cache']) {
    rmSync(path.join(dir, part), { recursive: true, force: true });
  }
}
