import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EnvsubstError, expand } from './index.ts';

interface Vector {
  text: string;
  strict: boolean;
  out?: string;
  err?: string;
}

// Our cases; results of Flux's own envsubst module (fluxcd/pkg/envsubst v1.8.0) for these variables.
const { variables, cases } = JSON.parse(readFileSync(new URL('../testdata/vectors.json', import.meta.url), 'utf8')) as {
  variables: Record<string, string>;
  cases: Vector[];
};
const lookup = (name: string) => (Object.hasOwn(variables, name) ? variables[name] : undefined);

describe('expand', () => {
  test.each(cases)('$text (strict: $strict)', ({ text, strict, out, err }) => {
    let result: string | undefined;
    let message: string | undefined;
    try {
      result = expand(text, lookup, { strict });
    } catch (error) {
      expect(error).toBeInstanceOf(EnvsubstError);
      message = (error as Error).message;
    }
    expect({ out: result, err: message }).toEqual({ out: err === undefined ? out : undefined, err });
  });

  test('takes no name from the prototype of an object', () => {
    expect(expand('${constructor:=safe}${__proto__}', lookup)).toBe('safe');
  });

  test('bounds nesting and size', () => {
    const nested = `${'${a:='.repeat(101)}x${'}'.repeat(101)}`;
    expect(() => expand(nested, lookup)).toThrow(EnvsubstError);
    expect(() => expand('${a}'.repeat(100), () => 'x'.repeat(100), { maxLength: 5000 })).toThrow('longer than');
    expect(() => expand('${a//x/${a}}', () => 'x'.repeat(10_000))).toThrow('longer than');
  });

  test('trims by a hostile pattern in linear time', () => {
    expect(expand('${v##${p}}', (name) => (name === 'v' ? 'a'.repeat(20_000) : `${'*a'.repeat(40)}b`))).toHaveLength(
      20_000,
    );
  });

  test('leaves a text without dollars alone', () => {
    fc.assert(
      fc.property(fc.string(), (text) => expand(text.replace(/[$\0]/g, ''), lookup) === text.replace(/[$\0]/g, '')),
    );
  });

  test('gives any text back when its dollars are doubled', () => {
    fc.assert(
      fc.property(
        fc.string(),
        (text) => expand(text.replace(/\0/g, '').replaceAll('$', '$$$$'), lookup) === text.replace(/\0/g, ''),
      ),
    );
  });
});
