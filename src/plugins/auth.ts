import type { FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { findPrincipal } from '#db/queries/sessions.ts';
import type { Access } from '../auth/access.ts';
import { TENANT_SUSPENDED } from '../auth/errors.ts';
import { hasRole } from '../auth/has-role.ts';
import type { UserActor } from '../context.ts';
import { AppError, FORBIDDEN, NOT_FOUND, UNAUTHORIZED } from '../lib/errors.ts';
import { isUuid } from '../lib/ids.ts';

/** Sets `ctx.actor` and refuses what the access table forbids, before the body is read. One database read. */
export const auth = fp(
  async (app) => {
    app.addHook('onRequest', async (request) => {
      const access = request.routeOptions.config.access;
      if (access === undefined || access === 'anyone') return;
      const token = bearerToken(request);
      if (token === null) {
        if (access === 'optional') return;
        throw new AppError(UNAUTHORIZED);
      }
      const claims = app.verifyAccessToken(token, request.ctx.clock.now());
      const { tenantId, status, actor } = await loadActor(request, claims);
      request.ctx.actor = actor;
      if (access !== 'optional')
        authorize({ access, actor, tenantId, status, isRead: request.method === 'GET' || request.method === 'HEAD' });
    });
  },
  { name: 'auth', dependencies: ['request-context', 'access-tokens', 'route-contract'] },
);

function bearerToken(request: FastifyRequest): string | null {
  const header = request.headers.authorization;
  if (header === undefined) return null;
  const match = /^Bearer +([\w.~+/-]+=*) *$/i.exec(header);
  if (!match?.[1]) throw new AppError(UNAUTHORIZED);
  return match[1];
}

async function loadActor(request: FastifyRequest, claims: { sub: string; sid: string; exp: number }) {
  const { ctx } = request;
  const { tenantId: asked } = (request.params ?? {}) as { tenantId?: string };
  // What is no UUID is left to validation, which answers 400.
  const tenantId = isUuid(asked) ? asked : null;
  const row = await findPrincipal(ctx.db, { sessionId: claims.sid, tenantId, now: ctx.clock.now() });
  if (!row || row.userId !== claims.sub) throw new AppError(UNAUTHORIZED);
  const actor: UserActor = {
    type: 'user',
    userId: row.userId,
    sessionId: claims.sid,
    platformRole: row.platformRole,
    tenantRole: row.tenantRole,
    tokenExpiresAt: new Date(claims.exp * 1000),
  };
  return { tenantId, status: row.tenantStatus, actor };
}

type Question = {
  access: Exclude<Access, 'anyone' | 'optional'>;
  actor: UserActor;
  tenantId: string | null;
  status: string | null;
  isRead: boolean;
};

// A tenant that the caller has no role in answers as one that does not exist.
function authorize({ access, actor, tenantId, status, isRead }: Question): void {
  if (tenantId === null || access === 'user') return;
  if (status === null || !hasRole(actor, 'staff')) throw new AppError(NOT_FOUND);
  if (!hasRole(actor, access)) throw new AppError(FORBIDDEN);
  if (status === 'suspended' && !isRead && actor.platformRole !== 'admin') throw new AppError(TENANT_SUSPENDED);
}
