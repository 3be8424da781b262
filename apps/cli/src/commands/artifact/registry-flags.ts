import { boolFlag, listFlag, stringFlag } from '../../framework/flag-types.ts';
import { ociProviderFlag } from '../create/flag-values.ts';

/** Flags of every command that talks to a registry. */
export const registryFlags = {
  creds: stringFlag('credentials, <user>:<password> or a registry token; only with the generic provider'),
  'insecure-registry': boolFlag('allow plain HTTP and any certificate'),
  provider: ociProviderFlag('where registry credentials come from', 'generic'),
};

const defaultIgnored = [
  '.git/',
  '.gitignore',
  '.gitmodules',
  '.gitattributes',
  '*.jpg',
  '*.jpeg',
  '*.gif',
  '*.png',
  '*.wmv',
  '*.flv',
  '*.tar.gz',
  '*.zip',
];

/** Flags that say what an archive leaves out. */
export const ignoreFlags = {
  'add-ignore-paths': listFlag('more paths to leave out, in gitignore syntax'),
  'ignore-paths': listFlag('paths to leave out, in gitignore syntax', defaultIgnored),
};
