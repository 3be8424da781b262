/**
 * Bundles each app into `apps/NAME/dist/bundle`: one small start file, the rest in chunks that load when first used.
 *
 * Files named `*.worker.ts` become entry points of their own in the same folder, because a worker thread starts from a
 * file.
 */
import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

// Packages in CommonJS call `require` and read `__dirname`; an ES module has to bring both.
const banner = [
  "import { createRequire as __createRequire } from 'node:module';",
  "import { fileURLToPath as __fileURLToPath } from 'node:url';",
  'const require = __createRequire(import.meta.url);',
  'const __filename = __fileURLToPath(import.meta.url);',
  "const __dirname = __fileURLToPath(new URL('.', import.meta.url));",
].join('');

// npm installs a copy of it for each package that needs it; a process needs one.
const undici = path.dirname(
  createRequire(path.join(root, 'packages/kube/package.json')).resolve('undici/package.json'),
);

const workers = ['packages', 'apps'].flatMap((floor) =>
  readdirSync(path.join(root, floor)).flatMap((room) => {
    const src = path.join(root, floor, room, 'src');
    return readdirSync(src, { recursive: true })
      .filter((file) => file.endsWith('.worker.ts'))
      .map((file) => path.join(src, file));
  }),
);

await Promise.all(
  readdirSync(path.join(root, 'apps'))
    .filter((app) => existsSync(path.join(root, 'apps', app, 'src/main.ts')))
    .map(async (app) => {
      const outdir = path.join(root, 'apps', app, 'dist/bundle');
      // A program that starts while its bundle is made anew must find the old one or the new one, whole.
      const draft = `${outdir}.${process.pid}.draft`;
      await build({
        absWorkingDir: root,
        entryPoints: [
          { in: `apps/${app}/src/main.ts`, out: 'main' },
          ...workers.map((file) => ({ in: file, out: path.basename(file, '.ts') })),
        ],
        outdir: draft,
        bundle: true,
        splitting: true,
        format: 'esm',
        platform: 'node',
        target: 'node20',
        conditions: ['@fluvial/source'],
        chunkNames: 'chunk-[hash]',
        sourcemap: 'linked',
        sourcesContent: false,
        legalComments: 'none',
        // Names stay, for the stacks. Comments would go anyway, but one character beyond Latin-1 in them and the engine
        // keeps the whole text in two bytes a character.
        minifyWhitespace: true,
        minifySyntax: true,
        alias: { undici },
        logLevel: 'warning',
        banner: { js: banner },
        // The LGPL library stays a package of its own, loaded at its first use.
        external: ['openpgp'],
      });
      rmSync(`${outdir}.old`, { recursive: true, force: true });
      if (existsSync(outdir)) renameSync(outdir, `${outdir}.old`);
      renameSync(draft, outdir);
    }),
);
