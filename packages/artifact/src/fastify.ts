// The name is spelled out because a bundler that splits code gives a late import of a CommonJS package no names of its own.
export { fastify } from 'fastify';
