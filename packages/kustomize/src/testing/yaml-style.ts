import type { Random } from './random.ts';

/** A scalar as it stands in the file, such as `0777`, `~` or `!!str 5`. */
export class Raw {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** How somebody might have written a file. */
export interface YamlStyle {
  readonly comments: boolean;
  readonly flow: number;
  readonly quotes: number;
  readonly indentLists: boolean;
  readonly indent: number;
}

export function pickStyle(random: Random): YamlStyle {
  const odd = random.chance(0.4);
  return {
    comments: odd && random.chance(0.6),
    flow: odd ? random.pick([0, 0, 0.2, 0.6]) : 0,
    quotes: odd ? random.pick([0, 0.3, 1]) : 0,
    indentLists: odd && random.chance(0.5),
    indent: odd ? random.pick([2, 2, 4]) : 2,
  };
}

/** Prints a value in one of the many ways in which YAML can be written. */
export function writeYaml(value: unknown, random: Random, style: YamlStyle = pickStyle(random)): string {
  const printer = { random, style };
  if (!isCollection(value)) return `${scalar(value, printer)}\n`;
  return `${comment(printer, '')}${block(value, '', printer)}`;
}

interface Printer {
  readonly random: Random;
  readonly style: YamlStyle;
}

function isCollection(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !(value instanceof Raw);
}

function comment({ random, style }: Printer, indent: string): string {
  return style.comments && random.chance(0.15) ? `${indent}# ${random.pick(['note', 'a: b', "it's", '---'])}\n` : '';
}

function tail({ random, style }: Printer): string {
  return style.comments && random.chance(0.1) ? ' # why' : '';
}

function block(value: object, indent: string, printer: Printer): string {
  const { random, style } = printer;
  if (Array.isArray(value)) {
    if (value.length === 0) return `${indent}[]\n`;
    return value.map((item) => `${comment(printer, indent)}${indent}-${after(item, indent, printer, true)}`).join('');
  }
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  if (entries.length === 0) return `${indent}{}\n`;
  return entries
    .map(([key, item]) => {
      const asFlow = isCollection(item) && random.chance(style.flow);
      const head = `${comment(printer, indent)}${indent}${keyText(key, printer)}:`;
      if (asFlow) return `${head} ${flow(item, printer)}${tail(printer)}\n`;
      return head + after(item, indent, printer, false);
    })
    .join('');
}

function after(item: unknown, indent: string, printer: Printer, inList: boolean): string {
  const { style } = printer;
  if (!isCollection(item)) return ` ${blockScalar(item, indent, printer)}`;
  const empty = Array.isArray(item) ? item.length === 0 : Object.keys(item).length === 0;
  if (empty) return ` ${Array.isArray(item) ? '[]' : '{}'}\n`;
  if (inList) {
    const inner = `${indent}  `;
    const text = block(item, inner, printer);
    // A comment in front of the first key cannot share the dash's line.
    return text.trimStart().startsWith('#') ? `\n${text}` : ` ${text.slice(inner.length)}`;
  }
  const step = Array.isArray(item) && !style.indentLists ? '' : ' '.repeat(style.indent);
  return `${tail(printer)}\n${block(item, indent + step, printer)}`;
}

function blockScalar(value: unknown, indent: string, printer: Printer): string {
  if (typeof value === 'string' && value.includes('\n') && /^[^\s][^\r\t]*$/.test(value) && !/ \n/.test(value)) {
    const chomp = value.endsWith('\n\n') ? '+' : value.endsWith('\n') ? '' : '-';
    const body = value.replace(/\n+$/, (end) => (chomp === '+' ? end.slice(1) : ''));
    const lines = body.split('\n').map((line) => (line === '' ? '' : `${indent}    ${line}`));
    return `|${chomp}\n${lines.join('\n')}\n`;
  }
  return `${scalar(value, printer)}${tail(printer)}\n`;
}

function flow(value: unknown, printer: Printer): string {
  if (Array.isArray(value)) return `[${value.map((item) => flow(item, printer)).join(', ')}]`;
  if (isCollection(value)) {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    return `{${entries.map(([key, item]) => `${keyText(key, printer)}: ${flow(item, printer)}`).join(', ')}}`;
  }
  return scalar(value, printer);
}

const PLAIN = /^[A-Za-z][A-Za-z0-9_./-]*$/;
const RESERVED = /^(?:true|false|null|yes|no|on|off|y|n)$/i;

function keyText(key: string, { random, style }: Printer): string {
  if (PLAIN.test(key) && !RESERVED.test(key) && !random.chance(style.quotes / 4)) return key;
  return JSON.stringify(key);
}

function scalar(value: unknown, { random, style }: Printer): string {
  if (value instanceof Raw) return value.text;
  if (typeof value !== 'string') return value === undefined ? 'null' : String(value);
  const plain = PLAIN.test(value) && !RESERVED.test(value);
  if (plain && !random.chance(style.quotes)) return value;
  // Single quotes hold anything but control characters.
  if (random.chance(0.4) && /^[\x20-\x7e]+$/.test(value)) return `'${value.replaceAll("'", "''")}'`;
  return JSON.stringify(value).replace(/[\u007f-\uffff]/g, (char) =>
    /[\u007f-\u009f\ufeff\u2028\u2029]/.test(char) ? `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}` : char,
  );
}
