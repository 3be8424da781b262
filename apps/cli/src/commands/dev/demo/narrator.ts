import { styleText } from 'node:util';
import type { Context } from '../../../framework/context.ts';

/** Tells a journey on stdout, step by step. Colours and the running clock only on a terminal. */
export interface Narrator {
  /** A new step, with its number. */
  step(title: string): void;
  /** What is about to be run, as a person would type it. */
  command(line: string): void;
  /** Output of something, indented. */
  quote(text: string): void;
  /** One thing that was found to be true. */
  fact(text: string): void;
  /**
   * Shows that something is awaited until it is there.
   *
   * @throws {Error} that says what was awaited and what was seen last
   */
  until<T>(what: string, look: () => Promise<Sight<T>>, options?: { timeoutMs?: number }): Promise<T>;
}

/** What one look found: the thing itself, or how far it is. */
export type Sight<T> = { readonly found: T } | { readonly still: string };

const defaultTimeoutMs = 60_000;
const pauseMs = 50;

export function createNarrator(context: Context, steps: number): Narrator {
  const { stdout, isTerminal, signal } = context;
  const paint = (style: Parameters<typeof styleText>[0], text: string) => (isTerminal ? styleText(style, text) : text);
  const started = performance.now();
  let number = 0;
  return {
    step(title) {
      number += 1;
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      stdout(`\n${paint('bold', `[${number}/${steps}] ${title}`)} ${paint('dim', `(${seconds} s)`)}\n`);
    },
    command: (line) => stdout(`    ${paint('cyan', `$ ${line}`)}\n`),
    quote(text) {
      for (const line of text.trimEnd().split('\n')) stdout(`      ${line}\n`);
    },
    fact: (text) => stdout(`    ${paint('green', '✔')} ${text}\n`),
    async until(what, look, { timeoutMs = defaultTimeoutMs } = {}) {
      const begun = performance.now();
      let told = '';
      for (;;) {
        signal.throwIfAborted();
        const sight = await look();
        if ('found' in sight) {
          if (isTerminal && told !== '') stdout('\r\u001b[K');
          return sight.found;
        }
        if (performance.now() - begun > timeoutMs) {
          throw new Error(`${what}: not there after ${timeoutMs / 1000} s; last seen: ${sight.still}`);
        }
        if (sight.still !== told) {
          told = sight.still;
          const line = `    ${paint('yellow', '◎')} ${told}`;
          stdout(isTerminal ? `\r\u001b[K${line.split('\n')[0]}` : `${line}\n`);
        }
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    },
  };
}
