import { boolFlag, listFlag, mapFlag, stringFlag } from '../../framework/flag-types.ts';

/** Flags of `build kustomization` and `diff kustomization`. */
export const kustomizationFlags = {
  'ignore-paths': listFlag('paths to leave out, in gitignore syntax, after those of .sourceignore files'),
  'in-memory-build': boolFlag('accepted for compatibility: builds never touch the folder'),
  'kustomization-file': stringFlag('file with the Kustomization, instead of the one in the cluster', '', {
    completes: 'files',
  }),
  'local-sources': mapFlag('folders that stand for sources with --recursive, `Kind/namespace/name=path`'),
  path: stringFlag('folder that stands for spec.path', '', { completes: 'files' }),
  recursive: boolFlag('build the Kustomizations in the manifests, too', false, { shorthand: 'r' }),
  'strict-substitute': boolFlag('fail on a variable that has neither value nor default'),
};
