/** Progress lines on stderr: a symbol, a space, the text. */
export type Logger = {
  action(text: string): void;
  generate(text: string): void;
  waiting(text: string): void;
  success(text: string): void;
  failure(text: string): void;
  warning(text: string): void;
};

/** Makes a logger over a writer of text. */
export function createLogger(write: (text: string) => void): Logger {
  const line = (symbol: string) => (text: string) => write(`${symbol} ${text}\n`);
  return {
    action: line('►'),
    generate: line('✚'),
    waiting: line('◎'),
    success: line('✔'),
    failure: line('✗'),
    warning: line('⚠️'),
  };
}
