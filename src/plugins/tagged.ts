import type { FastifyReply } from 'fastify';
import fp from 'fastify-plugin';

declare module 'fastify' {
  interface FastifyReply {
    sendTagged: (etag: string, body: unknown) => FastifyReply;
  }
}

/** Conditional reads: `sendTagged` answers 304 when the client's copy is still the one that the ETag names. */
export const tagged = fp(
  async (app) => {
    app.decorateReply('sendTagged', function (this: FastifyReply, etag: string, body: unknown) {
      // Caches may keep it, shared ones what anybody may see, but ask each time: a suspended brand is gone at once.
      const scope = this.request.ctx.actor.type === 'anonymous' ? 'public' : 'private';
      this.header('etag', etag).header('cache-control', `${scope}, no-cache`);
      const asked = this.request.headers['if-none-match'];
      if (asked !== undefined && isMatch(asked, etag)) return this.code(304).send();
      return this.send(body);
    });
  },
  { name: 'tagged' },
);

// Weak comparison (RFC 9110, 13.1.2).
function isMatch(header: string, etag: string): boolean {
  if (header.trim() === '*') return true;
  return header.split(',').some((part) => part.trim().replace(/^W\//, '') === etag);
}
