import type { PublicTenantRow, TenantRow } from '#db/queries/tenants.ts';
import type { PublicTenant, Tenant } from '#schemas/tenants.ts';

/** What anybody may see of a brand. */
export function presentPublicTenant(row: PublicTenantRow): PublicTenant {
  const { id, name, subdomain, customDomain, description, logoUrl, theme, locale, currency } = row;
  return { id, name, subdomain, customDomain, description, logoUrl, theme, locale, currency };
}

/** What its team sees. */
export function presentTenant(row: TenantRow): Tenant {
  const { logoKey, timezone, status, plan, graceDays, stripeAccountId, createdAt, updatedAt } = row;
  const settings = { logoKey, timezone, public: row.public, status, plan, graceDays, stripeAccountId };
  return { ...presentPublicTenant(row), ...settings, createdAt, updatedAt };
}
