import { follow } from './recovery.ts';

// What tokens parts of the grammar start with, and wait for.

export const literalKinds = [
  "'-'",
  "'true'",
  "'false'",
  "'null'",
  'NUM_FLOAT',
  'NUM_INT',
  'NUM_UINT',
  'STRING',
  'BYTES',
];
export const first = new Set(["'['", "'{'", "'('", "'.'", "'!'", ...literalKinds, 'IDENTIFIER']);
export const firstOptional = new Set([...first, "'?'"]);
export const fieldNames = new Set(['IDENTIFIER', 'ESC_IDENTIFIER']);

export const relations = new Set(["'<'", "'<='", "'>='", "'>'", "'=='", "'!='", "'in'"]);
export const sums = new Set(["'+'", "'-'"]);
export const products = new Set(["'*'", "'/'", "'%'"]);
export const calculations = new Set([...sums, ...products]);

export const firstFollow = follow(first);
export const afterMember = follow(["'.'", "'['"], true);

export const reserved = new Set(
  'as break const continue else false for function if import in let loop package namespace null return true var void while'.split(
    ' ',
  ),
);
