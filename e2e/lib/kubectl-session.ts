import { type Program, type ProgramEnd, runProgram, startProgram } from './program.ts';

/** A session with the real kubectl whose transcript is the same on every cluster and in every run. */
export interface KubectlSession {
  /** Runs a command line (single quotes group), adds it and what it printed to the transcript, and returns that. */
  run(line: string, stdin?: string): Promise<string>;
  /** Adds a remark. */
  say(remark: string): void;
  /** Starts a command that runs on; what it has printed is added when it is told to end. */
  start(line: string): { readonly program: Program; end(): Promise<void> };
  /** Runs a command without a trace. */
  quietly(line: string, stdin?: string): Promise<ProgramEnd>;
  readonly transcript: string;
}

/** `names`: what to show instead of texts that differ from run to run. */
export function startKubectlSession(
  kubectl: string,
  options: { kubeconfig: string; home: string; names: ReadonlyMap<string, string> },
): KubectlSession {
  let transcript = '';
  const env = {
    KUBECONFIG: options.kubeconfig,
    HOME: options.home,
    KUBECTL_KUBERC: 'false',
    KUBECTL_EXTERNAL_DIFF: '',
  };
  const mask = (text: string) => {
    let masked = text;
    for (const [from, to] of options.names) masked = masked.replaceAll(from, to);
    return (
      masked
        // What kubectl's own machinery notes down, now and then, when a timeout ends it.
        .replace(/^[EIW]\d{4} \d\d:.*\n/gm, '')
        .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, 'TIME')
        .replace(/^((?:---|\+\+\+) \/\S*\/)(LIVE|MERGED)-\d+\/(\S+)\t.*$/gm, '$2/$3')
        .replace(/^diff .*$/gm, 'diff LIVE MERGED')
        .replace(/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, 'UID')
        .replace(/(resourceVersion\W+)\d+/g, '$1N')
        // Entries of the same second are in another order than those of two.
        .replace(/(\\"managedFields\\":)\[.*\](?=,\\"name\\")/g, '$1[...]')
        // Columns are as wide as what is in them.
        .replace(/ {2,}\d+(ms|s|m|h)( +|$)/gm, ' AGE ')
        .replace(/ +$/gm, '')
    );
  };
  const add = (line: string, text: string) => {
    transcript += `${mask(`$ kubectl ${line}`)}\n${mask(text)}${text === '' || text.endsWith('\n') ? '' : '\n'}`;
  };
  const quietly = (line: string, stdin?: string) =>
    runProgram(kubectl, splitWords(line), { env, ...(stdin === undefined ? {} : { stdin }) });
  return {
    quietly,
    say(remark) {
      transcript += `\n# ${remark}\n`;
    },
    async run(line, stdin) {
      const { exitCode, stdout, stderr } = await quietly(line, stdin);
      add(line, `${stdout}${stderr}${exitCode === 0 ? '' : `[exit code ${exitCode}]\n`}`);
      return stdout;
    },
    start(line) {
      const program = startProgram(kubectl, splitWords(line), { env });
      return {
        program,
        async end() {
          const { stdout, stderr } = await program.stop();
          add(line, `${stdout}${stderr}`);
        },
      };
    },
    get transcript() {
      return transcript;
    },
  };
}

function splitWords(line: string): string[] {
  return [...line.matchAll(/(?:'[^']*'|[^\s'])+/g)].map(([word]) => word.replaceAll("'", ''));
}
