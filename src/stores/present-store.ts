import type { StoreWithDefault } from '#db/queries/stores.ts';
import type { Store } from '#schemas/stores.ts';

export function presentStore(row: StoreWithDefault): Store {
  const { id, tenantId, name, slug, currency, timezone, country, address, isDefault, active } = row;
  return { id, tenantId, name, slug, currency, timezone, country, address, isDefault, active };
}
