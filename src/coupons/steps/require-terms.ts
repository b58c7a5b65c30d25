import type { Db } from '#db/client.ts';
import { listProductsByIds } from '#db/queries/products.ts';
import { listTierIds } from '#db/queries/tiers.ts';
import { AppError, VALIDATION_ERROR } from '../../lib/errors.ts';
import { type CouponTerms, type Fault, faultsOf } from '../terms-rules.ts';

type Wanted = CouponTerms & { tenantId: string; tierIds: readonly string[]; productIds: readonly string[] };

/** Refuses terms that contradict each other, or that name what the brand does not have. */
export async function requireTerms(db: Db, terms: Wanted): Promise<void> {
  const faults = [...faultsOf(terms), ...(await unknownTiers(db, terms)), ...(await unknownProducts(db, terms))];
  if (faults.length === 0) return;
  throw new AppError(VALIDATION_ERROR, { errors: faults.map((fault) => ({ location: 'body', ...fault })) });
}

async function unknownTiers(db: Db, { tenantId, tierIds }: Wanted): Promise<Fault[]> {
  if (tierIds.length === 0) return [];
  const known = await listTierIds(db, { tenantId, tierIds });
  return tierIds.flatMap((tierId, index) =>
    known.includes(tierId) ? [] : [{ field: `tierIds.${index}`, message: 'is no tier of this brand' }],
  );
}

async function unknownProducts(db: Db, { tenantId, productId, productIds }: Wanted): Promise<Fault[]> {
  const named = [
    ...(productId === null ? [] : [{ field: 'productId', id: productId }]),
    ...productIds.map((id, index) => ({ field: `productIds.${index}`, id })),
  ];
  if (named.length === 0) return [];
  const rows = await listProductsByIds(db, { tenantId, productIds: named.map(({ id }) => id) });
  const known = new Set(rows.map(({ id }) => id));
  return named.flatMap(({ field, id }) => (known.has(id) ? [] : [{ field, message: 'is no product of this brand' }]));
}
