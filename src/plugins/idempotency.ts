import { createHmac } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import type { Actor } from '../context.ts';
import { claimTurn } from '../idempotency/claim-turn.ts';
import { runOnce, type Turn } from '../idempotency/run-once.ts';
import { networkOf } from '../lib/addresses.ts';
import { canonicalJson } from '../lib/canonical-json.ts';
import { AppError, VALIDATION_ERROR } from '../lib/errors.ts';
import { deriveKey } from '../lib/secrets.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The transaction of a request with an Idempotency-Key, until it is answered. */
    turn: Turn | null;
  }
}

const MAX_KEY_LENGTH = 255;

/** Idempotency-Key on every POST and PATCH that writes: the first answer is stored with its effect and replayed for 24 h. */
export const idempotency = fp<{ secret: string }>(
  async (app, { secret }) => {
    // Keyed, because a body may hold what is guessed easily: a password, an amount.
    const hashKey = deriveKey(secret, 'idempotency');
    app.decorateRequest('turn', null);
    app.addHook('preHandler', async (request, reply) => {
      const key = request.headers['idempotency-key'];
      if (key === undefined || !request.routeOptions.config.isIdempotent) return;
      const asked = identify(request, { key: String(key), hashKey });
      const { permission } = request.routeOptions.config;
      const opened = await (permission?.steps ? claimTurn : runOnce)(request.ctx, asked);
      if ('answer' in opened) return replay(reply, opened.answer);
      request.turn = opened;
      request.ctx.db = opened.db;
      // With the request's hash: another body is another request, where a key may be used again.
      request.ctx.onceKey = `${asked.id}.${asked.requestHash}`;
    });
    app.addHook('onSend', async (request, reply, payload) => {
      const { turn } = request;
      if (turn === null) return;
      request.turn = null;
      const { statusCode } = reply;
      try {
        await turn.finish({ statusCode, body: String(payload) });
      } catch (error) {
        // A success that could not be committed is none; a refusal has had no effect, and needs no memory.
        if (statusCode < 400) throw error;
      }
    });
  },
  { name: 'idempotency', dependencies: ['request-context', 'route-contract', 'auth'] },
);

function replay(reply: FastifyReply, { statusCode, body }: { statusCode: number; body: string }): FastifyReply {
  return reply
    .code(statusCode)
    .headers({ 'idempotent-replayed': 'true', 'content-type': 'application/json; charset=utf-8' })
    .send(body);
}

/** Scoped to principal, tenant, method and path; the request is what was asked there, and on what condition. */
function identify(request: FastifyRequest, { key, hashKey }: { key: string; hashKey: Buffer }) {
  if (key.length === 0 || key.length > MAX_KEY_LENGTH) {
    const error = { location: 'headers', field: 'idempotency-key', message: 'must have 1 to 255 characters' };
    throw new AppError(VALIDATION_ERROR, { errors: [error] });
  }
  const { ctx, method, params, query, body } = request;
  // The path as it was understood: in one spelling, without a slash at its end.
  const path = [request.routeOptions.url, params];
  const scope = [principalOf(ctx.actor, ctx.ipAddress), ctx.tenantId, method, path, key];
  return {
    id: digest(hashKey, JSON.stringify(scope)),
    requestHash: digest(hashKey, canonicalJson([query, body, request.headers['if-match']])),
  };
}

function principalOf(actor: Actor, ipAddress: string): string {
  if (actor.type === 'anonymous') return `anyone ${networkOf(ipAddress)}`;
  return actor.type === 'user' ? `user ${actor.userId}` : `key ${actor.apiKeyId}`;
}

function digest(key: Buffer, text: string): string {
  return createHmac('sha256', key).update(text).digest('base64url');
}
