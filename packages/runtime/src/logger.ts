import { type DestinationStream, type Logger as Pino, pino } from 'pino';

/** Structured log: a constant message plus fields. Errors go into the field `error`. */
export interface Logger {
  trace(message: string, fields?: Record<string, unknown>): void;
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  error(error: unknown, message: string, fields?: Record<string, unknown>): void;
  /** A logger that adds these fields to every line. */
  with(fields: Record<string, unknown>): Logger;
}

export type LogLevel = 'trace' | 'debug' | 'info' | 'error';

export interface LoggerOptions {
  /** Default `info`. */
  level?: LogLevel;
  /** `json` (default): one object a line, `level`, `ts`, `msg` first; `console`: for people. */
  encoding?: 'json' | 'console';
  /** Where lines go. Default: standard error, as the Go controllers write. */
  destination?: DestinationStream;
}

/** A logger that writes the lines that Flux's controllers write. */
export function createLogger({ level = 'info', encoding = 'json', destination }: LoggerOptions = {}): Logger {
  const out = destination ?? pino.destination({ dest: 2, sync: true });
  if (encoding === 'console') return consoleLogger(out, level, {});
  return wrap(
    pino(
      {
        level,
        base: undefined,
        messageKey: 'msg',
        timestamp: () => `,"ts":"${new Date().toISOString()}"`,
        formatters: { level: (label) => ({ level: label }) },
      },
      out,
    ),
  );
}

function wrap(log: Pino): Logger {
  return {
    trace: (message, fields = {}) => log.trace(fields, message),
    debug: (message, fields = {}) => log.debug(fields, message),
    info: (message, fields = {}) => log.info(fields, message),
    error: (error, message, fields = {}) => log.error({ ...fields, error: errorText(error) }, message),
    with: (fields) => wrap(log.child(fields)),
  };
}

const order: Readonly<Record<LogLevel, number>> = { trace: 0, debug: 1, info: 2, error: 3 };

function consoleLogger(out: DestinationStream, level: LogLevel, base: Record<string, unknown>): Logger {
  const write = (at: LogLevel, message: string, fields: Record<string, unknown>) => {
    if (order[at] < order[level]) return;
    out.write(
      `${new Date().toISOString()}\t${at.toUpperCase()}\t${message}\t${JSON.stringify({ ...base, ...fields })}\n`,
    );
  };
  return {
    trace: (message, fields = {}) => write('trace', message, fields),
    debug: (message, fields = {}) => write('debug', message, fields),
    info: (message, fields = {}) => write('info', message, fields),
    error: (error, message, fields = {}) => write('error', message, { ...fields, error: errorText(error) }),
    with: (fields) => consoleLogger(out, level, { ...base, ...fields }),
  };
}

/** A logger that says nothing. */
export const silentLogger: Logger = {
  trace() {},
  debug() {},
  info() {},
  error() {},
  with: () => silentLogger,
};

/** The message of an error with those of its causes, for logs. */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message === '' ? error.name : error.message;
}
