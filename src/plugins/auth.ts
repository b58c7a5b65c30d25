import type { FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import fp from 'fastify-plugin';
import { takeCredit } from '../api-keys/take-credit.ts';
import { type Permission, roleFor, takesApiKeys } from '../auth/access.ts';
import { TENANT_SUSPENDED } from '../auth/errors.ts';
import { type Found, findApiKeyActor, findUserActor } from '../auth/find-actor.ts';
import { hasRole } from '../auth/has-role.ts';
import type { ApiKeyActor, UserActor } from '../context.ts';
import { readCredential } from '../lib/credentials.ts';
import * as refusals from '../lib/errors.ts';
import { AppError } from '../lib/errors.ts';
import { isUuid } from '../lib/ids.ts';

type Question = { permission: Permission; isRead: boolean; named: NamedTenant };
/** What the request says about its tenant. A path that holds no UUID is left to validation, which answers 400. */
type NamedTenant = { inPath: boolean; tenantId: string | null };

/**
 * Sets `ctx.actor` and `ctx.tenantId` and refuses what the table of permissions forbids, with one database read: before
 * the body is read, unless the body may name the tenant. A key that has a number of credits pays with one, one write more.
 */
export const auth = fp(
  async (app) => {
    app.addHook('onRoute', (route) => {
      const { permission } = route.config ?? {};
      if (!permission || permission.who === 'anyone') return;
      const when = permission.tenantInBody ? 'preValidation' : 'onRequest';
      addHook(route, when, (request, reply) => authenticate({ request, reply }, permission));
    });
  },
  { name: 'auth', dependencies: ['request-context', 'access-tokens', 'route-contract', 'rate-limits'] },
);

/** Among the route's own hooks, which run after those of the application. */
function addHook(
  route: RouteOptions,
  when: 'onRequest' | 'preValidation',
  hook: (request: FastifyRequest, reply: FastifyReply) => Promise<void>,
): void {
  const own = route[when] ?? [];
  route[when] = [...(Array.isArray(own) ? own : [own]), hook] as never;
}

type Exchange = { request: FastifyRequest; reply: FastifyReply };

async function authenticate({ request, reply }: Exchange, permission: Permission): Promise<void> {
  const credential = readCredential(request.headers);
  if (credential === null) {
    if (permission.who === 'optional') return;
    throw new AppError(refusals.UNAUTHORIZED);
  }
  const { ctx } = request;
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  let named: NamedTenant;
  let found: Found<UserActor | ApiKeyActor>;
  if (credential.type === 'apiKey') {
    // A key has its tenant: what else the request may name is not looked at.
    named = tenantInPath(request) ?? NOWHERE;
    found = await findApiKeyActor(ctx, credential);
    await know({ request, reply }, found);
    requireUseOfKey(found as Found<ApiKeyActor>, { permission, isRead, named });
  } else {
    const claims = request.server.verifyAccessToken(credential.token, ctx.clock.now());
    named = namedTenant(request, permission);
    // Where no role is asked for, none is read.
    const asked = permission.who === 'user' || permission.who === 'principal' ? null : named.tenantId;
    found = await findUserActor(ctx, { claims, tenantId: asked, role: named.inPath ? null : roleFor(permission) });
    await know({ request, reply }, found);
  }
  ctx.tenantId = found.tenantId ?? named.tenantId;
  requireRole(found, { permission, isRead, named });
  // Last of all: what is refused before takes none, and what comes after (validation, the operation) is paid for.
  if (found.actor.type === 'apiKey') await takeCredit(ctx, found.actor);
}

/** From here on the caller is known to the log, and counts against their limit, even if they are refused. */
async function know({ request, reply }: Exchange, { actor }: Found<UserActor | ApiKeyActor>): Promise<void> {
  request.ctx.actor = actor;
  await request.server.countPrincipal(request, reply);
}

const NOWHERE: NamedTenant = { inPath: false, tenantId: null };

function tenantInPath(request: FastifyRequest): NamedTenant | null {
  const { tenantId: asked } = (request.params ?? {}) as { tenantId?: string };
  return asked === undefined ? null : { inPath: true, tenantId: isUuid(asked) ? asked.toLowerCase() : null };
}

function namedTenant(request: FastifyRequest, permission: Permission): NamedTenant {
  const inPath = tenantInPath(request);
  if (inPath) return inPath;
  if (roleFor(permission) === null) return NOWHERE;
  const inBody = permission.tenantInBody ? (request.body as { tenantId?: unknown } | undefined)?.tenantId : undefined;
  if (isUuid(inBody)) return { inPath: false, tenantId: inBody.toLowerCase() };
  const header = request.headers['x-tenant-id'];
  if (header !== undefined && !isUuid(header)) {
    const error = { location: 'headers', field: 'x-tenant-id', message: 'must be a UUID' };
    throw new AppError(refusals.VALIDATION_ERROR, { errors: [error] });
  }
  return { inPath: false, tenantId: header?.toLowerCase() ?? null };
}

function requireUseOfKey({ actor }: Found<ApiKeyActor>, { permission, isRead, named }: Question): void {
  if (!takesApiKeys(permission)) throw new AppError(refusals.FORBIDDEN);
  if (named.inPath && named.tenantId !== null && named.tenantId !== actor.tenantId) {
    throw new AppError(refusals.FORBIDDEN);
  }
  const requiredScope = isRead ? 'read' : 'write';
  if (!actor.scopes.includes(requiredScope)) throw new AppError(refusals.INSUFFICIENT_SCOPE, { requiredScope });
}

// A tenant that the caller has no role in answers as one that does not exist.
function requireRole({ actor, tenantId, tenantStatus }: Found<UserActor | ApiKeyActor>, question: Question): void {
  const { permission, isRead, named } = question;
  const role = roleFor(permission);
  if (role === null) return;
  if (tenantId === null) {
    if (named.inPath) return;
    throw new AppError(refusals.TENANT_REQUIRED);
  }
  if (tenantStatus === null || !hasRole(actor, 'staff')) throw new AppError(refusals.NOT_FOUND);
  if (!hasRole(actor, role)) throw new AppError(refusals.FORBIDDEN);
  const isPlatform = actor.type === 'user' && actor.platformRole === 'admin';
  const isRefused = tenantStatus === 'suspended' && !isRead && !permission.whileSuspended;
  if (isRefused && !isPlatform) throw new AppError(TENANT_SUSPENDED);
}
