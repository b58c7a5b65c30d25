import { findApiKeyPrincipal } from '#db/queries/api-keys.ts';
import { findPrincipal, findSessionUser, listPrincipalTeams } from '#db/queries/sessions.ts';
import { type TenantRole, tenantRoles } from '#schemas/team.ts';
import type { TenantStatus } from '#schemas/tenants.ts';
import type { ApiKeyActor, Ctx, UserActor } from '../context.ts';
import { isListed } from '../lib/addresses.ts';
import { AppError, INVALID_API_KEY, UNAUTHORIZED } from '../lib/errors.ts';
import { hashToken } from '../lib/secrets.ts';
import { monthOf } from '../plans/rules.ts';
import { chooseTeam, isAtLeast } from './rules.ts';

/** Who calls, and the tenant of the call with its status: null when there is none, or none that exists. */
export type Found<Who> = { actor: Who; tenantId: string | null; tenantStatus: TenantStatus | null };

type Claims = { sub: string; sid: string; exp: number };
type SessionInput = { claims: Claims; tenantId: string | null; role: TenantRole | null };

/** The user of a live session, with their role in the tenant named; where none is named, in the team that `role` points to. */
export async function findUserActor(ctx: Ctx, { claims, tenantId, role }: SessionInput): Promise<Found<UserActor>> {
  const now = ctx.clock.now();
  const sessionId = claims.sid;
  if (tenantId === null && role === null) return findUserAlone(ctx, claims);
  const rows =
    tenantId === null && role !== null
      ? await listPrincipalTeams(ctx.db, { sessionId, roles: tenantRoles.filter((one) => isAtLeast(one, role)), now })
      : [await findPrincipal(ctx.db, { sessionId, tenantId, now })];
  const [first] = rows;
  if (!first || first.userId !== claims.sub) throw new AppError(UNAUTHORIZED);
  const { userId, platformRole } = first;
  const row = role === null ? first : chooseTeam(rows.filter(isThere), role);
  const actor: UserActor = {
    type: 'user',
    userId,
    sessionId,
    platformRole,
    tenantRole: row?.tenantRole ?? null,
    tokenExpiresAt: new Date(claims.exp * 1000),
  };
  return { actor, tenantId: tenantId ?? row?.tenantId ?? null, tenantStatus: row?.tenantStatus ?? null };
}

async function findUserAlone(ctx: Ctx, { sub: userId, sid: sessionId, exp }: Claims): Promise<Found<UserActor>> {
  const row = await findSessionUser(ctx.db, sessionId);
  if (row?.userId !== userId || row.expiresAt <= ctx.clock.now()) throw new AppError(UNAUTHORIZED);
  const { platformRole } = row;
  const tokenExpiresAt = new Date(exp * 1000);
  const actor: UserActor = { type: 'user', userId, sessionId, platformRole, tenantRole: null, tokenExpiresAt };
  return { actor, tenantId: null, tenantStatus: null };
}

/** A key that works now. Why another does not is for its owner to know: everybody else gets one answer. */
export async function findApiKeyActor(ctx: Ctx, { key }: { key: string }): Promise<Found<ApiKeyActor>> {
  const now = ctx.clock.now();
  const month = monthOf(now);
  const row = await findApiKeyPrincipal(ctx.db, { keyHash: hashToken(key), month });
  if (!row?.enabled || row.revokedAt !== null || (row.expiresAt !== null && row.expiresAt <= now)) {
    throw new AppError(INVALID_API_KEY);
  }
  if (row.allowedAddresses.length > 0 && !isListed(ctx.ipAddress, row.allowedAddresses))
    throw new AppError(INVALID_API_KEY);
  const { id: apiKeyId, tenantId, scopes, plan, requestsPerMinute, creditsId, expiresAt, tenantStatus } = row;
  const usedThisMonth = Number(row.usedThisMonth ?? 0) + ctx.deps.usage.pending(tenantId, month);
  const limits = { plan, requestsPerMinute, creditsId, usedThisMonth };
  const actor: ApiKeyActor = { type: 'apiKey', apiKeyId, tenantId, scopes, ...limits, expiresAt };
  return { actor, tenantId, tenantStatus };
}

function isThere<Row>(row: Row | undefined): row is Row {
  return row !== undefined;
}
