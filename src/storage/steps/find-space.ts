import { findMembershipState } from '#db/queries/memberships.ts';
import { findTeamMember } from '#db/queries/team.ts';
import { findTenant, type TenantRow } from '#db/queries/tenants.ts';
import { listUserTenants } from '#db/queries/users.ts';
import type { FilePurpose } from '#schemas/storage.ts';
import { TENANT_SUSPENDED } from '../../auth/errors.ts';
import { hasRole } from '../../auth/has-role.ts';
import { chooseTeam } from '../../auth/rules.ts';
import type { Ctx, UserActor } from '../../context.ts';
import { AppError, FORBIDDEN, NOT_FOUND, TENANT_REQUIRED } from '../../lib/errors.ts';
import { isMember } from '../../memberships/rules.ts';
import { PLAN_LIMITS } from '../../plans/rules.ts';
import { MEMBERS_ONLY } from '../errors.ts';
import { PERSONAL_BYTES, ruleOf } from '../rules.ts';

/** Where a new file belongs, and how much there may be. */
export type Space = { tenantId: string; isPersonal: boolean; ownerId: string | null; quotaBytes: number };
/** The brand is named in the body, else in the header X-Tenant-Id. */
export type AskedSpace = { tenantId: string | undefined; inHeader: string | undefined; purpose: FilePurpose };
type Who = Pick<Ctx, 'db' | 'actor' | 'clock'>;

/** The brand that is meant, if the caller may send such a file there; an avatar without a brand is the person's own. */
export async function findSpace(ctx: Who, { tenantId, inHeader, purpose }: AskedSpace): Promise<Space> {
  const { actor } = ctx;
  const { uploader } = ruleOf(purpose);
  if (actor.type === 'anonymous') throw new AppError(FORBIDDEN);
  if (actor.type === 'apiKey') {
    if (tenantId !== undefined && tenantId !== actor.tenantId) throw new AppError(NOT_FOUND);
    const tenant = await requireTenant(ctx, actor.tenantId);
    if (tenant.status === 'suspended') throw new AppError(TENANT_SUSPENDED);
    // What is a person's no key can send.
    if (uploader === 'member') throw new AppError(FORBIDDEN);
    return { ...spaceOf(tenant), ownerId: null };
  }
  const named = tenantId ?? (purpose === 'avatar' ? undefined : inHeader);
  if (purpose === 'avatar' && named === undefined) {
    return { tenantId: actor.userId, isPersonal: true, ownerId: actor.userId, quotaBytes: PERSONAL_BYTES };
  }
  const tenant = await requireTenant(ctx, named ?? (await onlyTeam(ctx, { actor, purpose })));
  await requireUploader(ctx, { actor, tenant, purpose });
  return { ...spaceOf(tenant), ownerId: actor.userId };
}

function spaceOf({ id, plan }: TenantRow) {
  return { tenantId: id, isPersonal: false, quotaBytes: PLAN_LIMITS[plan].storedBytes };
}

async function requireTenant({ db }: Pick<Ctx, 'db'>, tenantId: string): Promise<TenantRow> {
  const tenant = await findTenant(db, tenantId);
  if (!tenant) throw new AppError(NOT_FOUND);
  return tenant;
}

type Choice = { actor: UserActor; purpose: FilePurpose };

async function onlyTeam({ db }: Pick<Ctx, 'db'>, { actor, purpose }: Choice): Promise<string> {
  const { uploader } = ruleOf(purpose);
  const teams = await listUserTenants(db, actor.userId);
  const rows = teams.map(({ tenantId, role }) => ({ tenantId, tenantRole: role }));
  // Those with the role first, as the rule wants them.
  const needed = uploader === 'admin' ? 'admin' : 'staff';
  const has = ({ tenantRole }: (typeof rows)[number]) => hasRole({ ...actor, tenantRole }, needed);
  const chosen = chooseTeam([...rows.filter(has), ...rows.filter((row) => !has(row))], needed);
  if (!chosen) throw new AppError(TENANT_REQUIRED);
  return chosen.tenantId;
}

// For whoever is no member and not of the team a suspended brand is not there, and neither are files for the team alone.
async function requireUploader(ctx: Who, { actor, tenant, purpose }: Choice & { tenant: TenantRow }): Promise<void> {
  const { uploader } = ruleOf(purpose);
  const key = { tenantId: tenant.id, userId: actor.userId };
  const team = { ...actor, tenantRole: (await findTeamMember(ctx.db, key))?.role ?? null };
  const isSuspended = tenant.status === 'suspended';
  if (hasRole(team, 'staff')) {
    if (uploader === 'admin' && !hasRole(team, 'admin')) throw new AppError(FORBIDDEN);
    if (isSuspended && actor.platformRole !== 'admin') throw new AppError(TENANT_SUSPENDED);
    return;
  }
  if (uploader !== 'member' || isSuspended) throw new AppError(NOT_FOUND);
  const state = await findMembershipState(ctx.db, key);
  if (!state?.membership || !isMember(state.membership, ctx.clock.now())) throw new AppError(MEMBERS_ONLY);
}
