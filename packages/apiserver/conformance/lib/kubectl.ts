import type { Case } from './case.ts';
import type { Session } from './session.ts';

/** A command line, and what it reads. Parts with blanks stand in single or double quotes. */
export type Step = readonly [args: string, stdin?: string];

/** Columns are as wide as their cells: ages, and blanks between columns, say nothing. */
export function words(text: string): string[] {
  return text
    .split('\n')
    .map((line) =>
      line
        .replace(/(resource ?version\W+)\d+/gi, '$1N')
        .replace(/(?<![-\w])\d+[smhd](\d+[smh])?(?![-\w])/g, '<age>')
        .replace(/\w{3}, \d\d \w{3} \d{4} [\d:]{8} \+0000/g, '<time>')
        .replace(/\d{4}-\d\d-\d\d [\d:]{8} \+0000/g, '<time>')
        .replace(/kubectl-edit-\d+/, 'kubectl-edit-N')
        .replace(/(Expected resource version to be \d+, was) \d+/, '$1 N')
        .replace(/ {2,}/g, ' ')
        .trimEnd(),
    )
    .filter((line) => !/^[IWE]\d{4} /.test(line));
}

/** Runs the real kubectl and records what it says, line by line. */
export async function run(
  session: Session,
  args: string,
  stdin = '',
  choose: (lines: string[]) => unknown = (lines) => lines,
  env: Readonly<Record<string, string>> = {},
) {
  const list = args.match(/'[^']*'|"[^"]*"|\S+/g)?.map((part) => part.replace(/^(['"])(.*)\1$/s, '$2')) ?? [];
  const { exitCode, stdout, stderr } = await session.kubectl(list, { stdin, env, unrecorded: true });
  session.record(`kubectl ${args}`, { exitCode, stdout: choose(words(stdout)), stderr: words(stderr) });
  return { exitCode, stdout, stderr };
}

/** A case that is nothing but command lines. `files` are written first, and are where kubectl runs. */
export function kubectl(name: string, ...steps: readonly (Step | Readonly<Record<string, string>>)[]): Case {
  return {
    name,
    async run(session) {
      for (const step of steps) {
        if (isStep(step)) await run(session, step[0], step[1]);
        else session.files(step);
      }
    },
  };
}

function isStep(step: Step | Readonly<Record<string, string>>): step is Step {
  return Array.isArray(step);
}
