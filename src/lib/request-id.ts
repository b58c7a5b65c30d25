import { randomUUID } from 'node:crypto';

const SAFE = /^[\w.:/+=@-]{1,128}$/;

export function newRequestId(): string {
  return randomUUID();
}

/** The caller's X-Request-Id if it is 1 to 128 safe characters, else a new one. */
export function requestIdFrom(header: string | string[] | undefined): string {
  return typeof header === 'string' && SAFE.test(header) ? header : newRequestId();
}
