import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { codeOfStatus, errorBody, messageOf } from './errors.ts';
import type { RegistryFault } from './options.ts';

/** The fault rules of a running registry. */
export interface Faults {
  add(fault: RegistryFault): void;
  /** Acts on a request. @returns whether it was answered (or cut off), so nobody else may */
  apply(request: FastifyRequest, reply: FastifyReply): Promise<boolean>;
}

/** Starts with the given rules. */
export function createFaults(initial: readonly RegistryFault[]): Faults {
  const rules = initial.map((fault) => ({ fault, left: fault.times ?? 1 }));
  return {
    add: (fault) => void rules.unshift({ fault, left: fault.times ?? 1 }),
    async apply(request, reply) {
      const rule = rules.find(({ fault, left }) => left > 0 && matches(fault, request));
      if (rule === undefined) return false;
      rule.left--;
      const { delayMs, status, cutAfterBytes } = rule.fault;
      if (delayMs !== undefined) await delay(delayMs);
      if (cutAfterBytes === 0) {
        reply.hijack();
        request.raw.socket.destroy();
        return true;
      }
      if (cutAfterBytes !== undefined) cutBody(reply.raw, cutAfterBytes);
      if (status === undefined) return false;
      const code = codeOfStatus(status);
      await reply
        .code(status)
        .headers({ 'content-type': 'application/json; charset=utf-8', ...rule.fault.headers })
        .send(rule.fault.body ?? errorBody(code, messageOf(code)));
      return true;
    },
  };
}

function matches({ method, path }: RegistryFault, request: FastifyRequest): boolean {
  return (method === undefined || method === request.method) && (path === undefined || request.url.includes(path));
}

// Lets the head and some bytes through, then ends the connection, whatever the head promised.
function cutBody(response: ServerResponse, bytes: number): void {
  let left = bytes;
  const write = response.write.bind(response);
  const pass = (chunk: unknown): boolean => {
    const data = typeof chunk === 'string' ? Buffer.from(chunk) : (chunk as Uint8Array);
    const part = data.subarray(0, left);
    left -= part.byteLength;
    if (left > 0) return write(part);
    write(part, () => response.socket?.destroy());
    return true;
  };
  response.write = ((chunk: unknown) => left > 0 && pass(chunk)) as typeof response.write;
  response.end = ((chunk?: unknown) => {
    if (chunk !== undefined && chunk !== null && typeof chunk !== 'function' && left > 0) pass(chunk);
    if (left > 0) response.socket?.destroy();
    return response;
  }) as typeof response.end;
}
