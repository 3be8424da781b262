import { describe, expect, test } from 'vitest';
import { runForTest } from '../testing/run-transcript.ts';
import { formatDuration, parseDuration } from './duration.ts';
import { boolFlag, durationFlag, listFlag, mapFlag, splitCsv, stringFlag } from './flag-types.ts';
import { parseFlags } from './parse-flags.ts';
import { suggestionsFor } from './suggest.ts';
import { formatTable } from './table.ts';

describe('parseDuration and formatDuration', () => {
  const pairs: [text: string, printed: string][] = [
    ['1m', '1m0s'],
    ['90s', '1m30s'],
    ['1h', '1h0m0s'],
    ['1.5h', '1h30m0s'],
    ['300ms', '300ms'],
    ['1.5s', '1.5s'],
    ['1h2m3.004s', '1h2m3.004s'],
    ['10us', '10µs'],
    ['0', '0s'],
    ['-1m', '-1m0s'],
    ['.5s', '500ms'],
  ];
  for (const [text, printed] of pairs) {
    test(`${text} is ${printed}`, () => expect(formatDuration(parseDuration(text))).toBe(printed));
  }
  test('printed again it stays', () => {
    for (const [, printed] of pairs) expect(formatDuration(parseDuration(printed))).toBe(printed);
  });
  for (const [text, reason] of [
    ['', 'time: invalid duration ""'],
    ['5', 'time: missing unit in duration "5"'],
    ['5x', 'time: unknown unit "x" in duration "5x"'],
    ['.', 'time: invalid duration "."'],
    ['9999999999h', 'time: invalid duration "9999999999h"'],
  ]) {
    test(`${JSON.stringify(text)} is refused`, () => expect(() => parseDuration(text!)).toThrow(reason));
  }
});

describe('parseFlags', () => {
  const flags = {
    name: stringFlag('', '', { shorthand: 'n' }),
    all: boolFlag('', false, { shorthand: 'A' }),
    watch: boolFlag('', false, { shorthand: 'w' }),
    list: listFlag('', ['default']),
    map: mapFlag(''),
    wait: durationFlag('', '1m'),
    old: stringFlag('', '', { deprecated: 'use --name' }),
  };
  const rows: [line: string[], values: Record<string, unknown>, args: string[]][] = [
    [['-n', 'x', 'a'], { name: 'x' }, ['a']],
    [['-nx'], { name: 'x' }, []],
    [['-n=x'], { name: 'x' }, []],
    [['a', '--name=x', 'b'], { name: 'x' }, ['a', 'b']],
    [['--name='], { name: '' }, []],
    [['-Aw', 'b'], { all: true, watch: true }, ['b']],
    [['-Anx'], { all: true, name: 'x' }, []],
    [['--all=false'], { all: false }, []],
    [['--list=a,b', '--list', 'c'], { list: ['a', 'b', 'c'] }, []],
    [['--list="a,b",c'], { list: ['a,b', 'c'] }, []],
    [['--', '--name=x'], { name: '' }, ['--name=x']],
    [['-'], {}, ['-']],
    [[], { list: ['default'], name: '' }, []],
  ];
  for (const [line, values, args] of rows) {
    test(line.join(' ') || 'nothing', () => {
      const parsed = parseFlags(line, flags);
      for (const [name, value] of Object.entries(values)) expect(parsed.values[name]).toEqual(value);
      expect(parsed.args).toEqual(args);
    });
  }
  test('pairs', () => {
    const { values } = parseFlags(['--map=a=1,b=2', '--map', 'c=x=y'], flags);
    expect(values['map']).toEqual(
      new Map([
        ['a', '1'],
        ['b', '2'],
        ['c', 'x=y'],
      ]),
    );
    expect(() => parseFlags(['--map=a'], flags)).toThrow(
      'invalid argument "a" for "--map" flag: a must be formatted as key=value',
    );
  });
  test('deprecated flags are told once', () => {
    expect(parseFlags(['--old=a', '--old=b'], flags).notices).toEqual(['Flag --old has been deprecated, use --name']);
  });
  test('a name of every object is no flag', () => {
    expect(() => parseFlags(['--constructor'], flags)).toThrow('unknown flag: --constructor');
    expect(() => parseFlags(['--__proto__=1'], flags)).toThrow('unknown flag: --__proto__');
  });
});

describe('splitCsv', () => {
  test('quotes', () => {
    expect(splitCsv('a,"b,c","d""e",')).toEqual(['a', 'b,c', 'd"e', '']);
    expect(() => splitCsv('a"b')).toThrow('bare " in non-quoted field');
    expect(() => splitCsv('"a')).toThrow('extraneous or missing "');
  });
});

describe('formatTable', () => {
  test('pads, marks the header, keeps lines of a cell together', () => {
    expect(formatTable(['name', 'a_b.c', '1.5'], [['x', 'é\nlonger', '']])).toBe(
      'NAME\tA B C \t1.5 \nx   \té     \t   \t\n    \tlonger\t   \t\n',
    );
  });
  test('without a header its widths do not count', () => {
    expect(formatTable(undefined, [['x', 'y']])).toBe('x\ty\t\n');
    expect(formatTable(['NAME'], [])).toBe('NAME \n');
  });
});

describe('suggestionsFor', () => {
  test('two edits away, or a beginning', () => {
    expect(suggestionsFor('gt', ['get', 'version', 'tag'])).toEqual(['get']);
    expect(suggestionsFor('versi', ['get', 'version'])).toEqual(['version']);
  });
});

describe('help', () => {
  test('of a command: usage, aliases, examples, own and global flags', async () => {
    const { exit, stdout } = await runForTest(['create', 'ks', '-h']);
    expect(exit).toBe(0);
    for (const part of [
      '\nUsage:\n  flux create kustomization [name] [flags]\n',
      '\nAliases:\n  kustomization, ks\n',
      '\nExamples:\n  # ',
      '\nFlags:\n      --decryption-provider ',
      '\n  -h, --help   ',
      '\nGlobal Flags:\n      --as string ',
      'how often the object is reconciled (default 1m0s)\n',
      '\n  -n, --namespace string   ',
      '(default "flux-system")\n',
    ]) {
      expect(stdout).toContain(part);
    }
    expect(stdout).not.toContain('--validation');
  });

  test('of a group lists its commands and says how to go on; an unknown sub-command shows it, too', async () => {
    const { stdout } = await runForTest(['get']);
    expect(stdout).toContain('\nAvailable Commands:\n  alert-providers ');
    expect(stdout.endsWith('\nUse "flux get [command] --help" for more information about a command.\n')).toBe(true);
    expect((await runForTest(['get', 'nothing'])).stdout).toBe(stdout);
    expect((await runForTest(['help', 'get'])).stdout).toBe(stdout);
  });

  test('every command of the tree loads and describes itself', async () => {
    const { commandTree } = await import('../tree.ts');
    const visit = async (node: ReturnType<typeof commandTree>, words: string[]): Promise<void> => {
      if (node.load) {
        const { exit, stdout } = await runForTest([...words, '--help']);
        expect(exit, words.join(' ')).toBe(0);
        expect(stdout, words.join(' ')).toContain(`  flux ${words.join(' ')}`);
      }
      for (const child of node.commands ?? []) await visit(child, [...words, child.name]);
    };
    await visit(commandTree(), []);
  });
});

describe('completion scripts', () => {
  for (const shell of ['bash', 'zsh', 'fish', 'powershell']) {
    test(shell, async () => {
      const { exit, stdout } = await runForTest(['completion', shell]);
      expect(exit).toBe(0);
      expect(stdout).toContain('flux __complete');
    });
  }
  test('zsh ends with its registration', async () => {
    expect((await runForTest(['completion', 'zsh'])).stdout.endsWith('compdef _flux flux\n')).toBe(true);
  });
});

describe('namespaces', () => {
  test('from the environment, an invalid one is ignored', async () => {
    const line = ['create', 'source', 'oci', 'app', '--url=oci://x.test/a', '--tag=1', '--export'];
    const run = (env: Record<string, string>) => runForTest(line, { env });
    expect((await run({ FLUX_SYSTEM_NAMESPACE: 'apps' })).stdout).toContain('namespace: apps');
    const bad = await run({ FLUX_SYSTEM_NAMESPACE: 'Not_Valid' });
    expect(bad.stderr).toBe('⚠️  ignoring invalid FLUX_SYSTEM_NAMESPACE: "Not_Valid"\n');
    expect(bad.stdout).toContain('namespace: flux-system');
  });
});
