import { expect, test } from 'vitest';
import { formatGoValue, statusText } from './go-format.ts';
import { redactUrl } from './redact.ts';

test.each([
  [{ Tag: 'latest' }, 'map[Tag:latest]'],
  [{ b: 1, a: [true, null] }, 'map[a:[true <nil>] b:1]'],
  [
    [{ Type: 'repository', Class: '', Name: 'app', Action: 'pull' }],
    '[map[Action:pull Class: Name:app Type:repository]]',
  ],
  ['text', 'text'],
  [1.5, '1.5'],
  [100000000, '100000000'],
  [1e21, '1e+21'],
  [0.00001, '1e-05'],
  [0, '0'],
  [{}, 'map[]'],
])('formatGoValue %j', (value, expected) => {
  expect(formatGoValue(value)).toBe(expected);
});

test('statusText has the words of Go', () => {
  expect([404, 413, 416, 522].map(statusText)).toEqual([
    'Not Found',
    'Request Entity Too Large',
    'Requested Range Not Satisfiable',
    '',
  ]);
});

test.each([
  ['http://r.test/v2/a/tags/list?n=1000', 'http://r.test/v2/a/tags/list?n=1000'],
  ['https://u:p@r.test/v2/', 'https://r.test/v2/'],
  ['https://s3.test/x?X-Signature=abc&digest=sha256:a', 'https://s3.test/x?X-Signature=REDACTED&digest=sha256%3Aa'],
  [
    'https://a.test/token?service=r&scope=repository:a:pull',
    'https://a.test/token?scope=repository%3Aa%3Apull&service=r',
  ],
  ['not a url?x=1', 'not a url?REDACTED'],
])('redactUrl %s', (url, expected) => {
  expect(redactUrl(url)).toBe(expected);
});
