import { findPublicTenantBySubdomain } from '#db/queries/tenants.ts';
import type { PublicTenant } from '#schemas/tenants.ts';
import type { Ctx } from '../context.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { presentPublicTenant } from './present-tenant.ts';

export type PublicPage = { tenant: PublicTenant; etag: string };

/** A brand's public page. Unknown and suspended are the same 404. */
export async function getPublicTenant(ctx: Ctx, { subdomain }: { subdomain: string }): Promise<PublicPage> {
  const label = subdomain.normalize('NFKC').toLowerCase();
  const row = isLabel(label) ? await findPublicTenantBySubdomain(ctx.db, label) : undefined;
  if (!row) throw new AppError(NOT_FOUND);
  return { tenant: presentPublicTenant(row), etag: `"${row.id}.${row.version}"` };
}

function isLabel(label: string): boolean {
  return /^[a-z0-9-]{1,63}$/.test(label);
}
