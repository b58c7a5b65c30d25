import { findPublicTenantByDomain, listPublicTenants as listDirectory } from '#db/queries/tenants.ts';
import type { Page } from '#schemas/envelope.ts';
import type { PublicTenant } from '#schemas/tenants.ts';
import type { Ctx } from '../context.ts';
import { byCreation, pageOfRows, pageRequest } from '../lib/page.ts';
import { presentPublicTenant } from './present-tenant.ts';

const LIST = 'public-tenants';

type Input = { limit: number; cursor?: string | undefined; domain?: string | undefined };

/** The directory of listed brands; with `domain` the one brand of that custom domain, listed or not. */
export async function listPublicTenants(ctx: Ctx, { limit, cursor, domain }: Input): Promise<Page<PublicTenant>> {
  if (domain !== undefined) {
    const row = await findPublicTenantByDomain(ctx.db, domain);
    return { items: row ? [presentPublicTenant(row)] : [], limit, nextCursor: null };
  }
  const key = ctx.deps.cursorKey;
  const rows = await listDirectory(ctx.db, pageRequest(key, LIST, { limit, cursor }));
  return pageOfRows(rows, {
    key,
    list: LIST,
    limit,
    positionOf: byCreation,
    present: presentPublicTenant,
  });
}
