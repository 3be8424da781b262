import { setMaxListeners } from 'node:events';
import { type App, controllerSettings } from '@fluvial/runtime';
import { controllerName, statusManager } from './kustomization/kustomization-object.ts';
import { createKustomizationController } from './kustomization.ts';
import { flags, readOptions } from './options.ts';

/** The kustomize-controller: one kind, Kustomization. */
export const app = {
  name: controllerName,
  flags,
  setup(manager, values, env) {
    const options = readOptions(values, env);
    const ended = new AbortController();
    // Each watched kind listens to it.
    setMaxListeners(0, ended.signal);
    const controller = createKustomizationController({
      kube: manager.kube,
      clock: manager.clock,
      log: manager.log,
      options,
      env,
      tokenCacheMetrics: manager.metrics.tokenCache(),
      signal: ended.signal,
    });
    manager.add(controller, controllerSettings({ controllerName, fieldManager: statusManager }, values, env));
    manager.addRunnable({
      name: `${controllerName}-cache`,
      needsLeader: false,
      async run(signal) {
        await new Promise<void>((resolve) => {
          if (signal.aborted) resolve();
          else signal.addEventListener('abort', () => resolve(), { once: true });
        });
        // Runs may still be under way and use the trees: they go when the process does.
        await manager.idle();
        ended.abort(new Error('the manager ends'));
        await controller.close();
      },
    });
  },
} satisfies App<typeof flags>;

// For `flux build kustomization` and `flux diff kustomization`, which render what the controller would.
export type { KustomizationSpec } from './kustomization/kustomization-object.ts';
export { GenerateError, makeRootKustomization, type RootKustomization } from './kustomization/root-kustomization.ts';
export { isSubstitutionDisabled, readVariables, substituteText, type Variables } from './kustomization/substitute.ts';
