import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { followLink } from '#src/referrals/follow-link.ts';
import { showQr } from '#src/referrals/show-qr.ts';
import { visitOf } from './visit.ts';

type Named = { code: string };

/** Where links lead: no operations of the API, but what its answers point to. */
export const followLinkRoutes: FastifyPluginAsyncZod = async (app) => {
  app.get('/:code', { schema: { hide: true } }, async (request, reply) => {
    const { referer: referrerUrl, country } = visitOf(request.headers);
    const isAhead = request.headers['sec-purpose']?.includes('prefetch') ?? false;
    const { code } = request.params as Named;
    const [, ...rest] = request.url.split('?');
    const query = rest.join('?');
    const isClick = request.method === 'GET' && !isAhead;
    const target = await followLink(request.ctx, { code, isClick, query, referrerUrl, country });
    return reply.header('cache-control', 'no-store').redirect(target, 302);
  });

  for (const format of ['svg', 'png'] as const) {
    app.get(`/:code/qr.${format}`, { schema: { hide: true } }, async (request, reply) => {
      const { code } = request.params as Named;
      const { type, body } = await showQr(request.ctx, { code, format });
      return reply.header('content-type', type).header('cache-control', 'public, max-age=86400').send(body);
    });
  }
};
