import { expect, test } from 'vitest';
import { proxyOf } from './proxy-env.ts';

const proxy = 'http://proxy.test:3128';
const both = { HTTP_PROXY: proxy, HTTPS_PROXY: proxy };

test.each([
  ['https://r.test/', { HTTPS_PROXY: proxy }, proxy],
  ['https://r.test/', { https_proxy: proxy }, proxy],
  ['https://r.test/', { HTTP_PROXY: proxy }, undefined],
  ['http://r.test/', { HTTP_PROXY: 'proxy.test:3128' }, proxy],
  ['http://127.0.0.1:5000/', both, undefined],
  ['http://localhost:5000/', both, undefined],
  ['https://[::1]:5000/', both, undefined],
  ['https://r.test/', { ...both, NO_PROXY: '*' }, undefined],
  ['https://r.test/', { ...both, NO_PROXY: 'r.test' }, undefined],
  ['https://a.r.test/', { ...both, NO_PROXY: 'x.test, r.test' }, undefined],
  ['https://ar.test/', { ...both, NO_PROXY: 'r.test' }, proxy],
  ['https://r.test/', { ...both, NO_PROXY: '.r.test' }, proxy],
  ['https://a.r.test/', { ...both, NO_PROXY: '.r.test' }, undefined],
  ['https://r.test/', { ...both, NO_PROXY: 'r.test:443' }, undefined],
  ['https://r.test/', { ...both, NO_PROXY: 'r.test:444' }, proxy],
  ['https://10.1.2.3/', { ...both, NO_PROXY: '10.0.0.0/8' }, undefined],
  ['https://11.1.2.3/', { ...both, NO_PROXY: '10.0.0.0/8' }, proxy],
  ['https://10.1.2.3/', { ...both, NO_PROXY: '10.1.2.3' }, undefined],
  ['https://r.test/', { ...both, NO_PROXY: '' }, proxy],
])('proxyOf %s with %j', (url, env, expected) => {
  expect(proxyOf(new URL(url), env)).toBe(expected);
});
