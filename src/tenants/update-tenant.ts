import type { Db } from '#db/client.ts';
import { insertReferralZones } from '#db/queries/referral-rollups.ts';
import { findTenantForUpdate, updateTenant as saveTenant, type TenantChange } from '#db/queries/tenants.ts';
import type { Tenant, UpdateTenantBody } from '#schemas/tenants.ts';
import { recordChange } from '../audit/record-change.ts';
import { type Ctx, withTx } from '../context.ts';
import { isUniqueViolation } from '../lib/database-errors.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { presentImage } from '../storage/present-file.ts';
import { useFiles } from '../storage/steps/use-files.ts';
import { CUSTOM_DOMAIN_TAKEN } from './errors.ts';
import { presentTenant } from './present-tenant.ts';

/**
 * What is said of the logo, as its two columns. The address is stored, because memberships and events show it where there is
 * no request.
 */
function logoOf({ baseUrl }: Ctx, { logoKey, logoUrl }: UpdateTenantBody): TenantChange {
  if (logoKey) return { logoKey, logoUrl: presentImage(logoKey, baseUrl).medium };
  if (logoKey === null) return { logoKey, logoUrl: logoUrl ?? null };
  return logoUrl === undefined ? {} : { logoUrl, logoKey: null };
}

type Logo = { tenantId: string; old: string | null; key: string | null };

async function showLogo(tx: Db, { tenantId, old, key }: Logo): Promise<void> {
  if (old === key) return;
  const keys = key === null ? [] : [key];
  await useFiles(tx, { tenantId, usedBy: 'tenant', usedById: tenantId, keys, purpose: 'logo', field: () => 'logoKey' });
}

/** Changes the settings given and leaves the others. */
export async function updateTenant(
  ctx: Ctx,
  { tenantId, change }: { tenantId: string; change: UpdateTenantBody },
): Promise<Tenant> {
  const now = ctx.clock.now();
  try {
    return await withTx(ctx, async (tx) => {
      const old = await findTenantForUpdate(tx, tenantId);
      const row = old && (await saveTenant(tx, { tenantId, change: { ...change, ...logoOf(ctx, change) }, now }));
      if (!row) throw new AppError(NOT_FOUND);
      if (row.timezone !== old.timezone) {
        await insertReferralZones(tx, { tenantId, from: old.timezone, to: row.timezone, now });
      }
      await showLogo(tx, { tenantId, old: old.logoKey, key: row.logoKey });
      const [before, after] = [presentTenant(old), presentTenant(row)];
      const target = { type: 'tenant', id: tenantId };
      await recordChange(ctx, { db: tx, tenantId, action: 'tenant.updated', target, before, after, now });
      return after;
    });
  } catch (error) {
    if (isUniqueViolation(error, 'tenants_custom_domain_key')) throw new AppError(CUSTOM_DOMAIN_TAKEN);
    throw error;
  }
}
