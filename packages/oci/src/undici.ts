// The names are spelled out because a bundler that splits code gives a late import of a CommonJS package no names of its own.
export { Agent, ProxyAgent, request, Socks5ProxyAgent } from 'undici';
