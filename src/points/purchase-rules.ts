type Product = { status: string; pointsPrice: number | null; tierIds: readonly string[] };
type Asking = { product: Product | undefined; quantity: number; member: { tierId: string } | null };
export type PurchaseRefusal = 'unknown' | 'notForPoints' | 'notAMember' | 'tier';
export type PurchaseDecision = { ok: true; points: number } | { ok: false; reason: PurchaseRefusal };

/** What a purchase costs in points, if this person may have it. Drafts and archived products are there for nobody. */
export function decidePurchase({ product, quantity, member }: Asking): PurchaseDecision {
  if (product?.status !== 'active') return { ok: false, reason: 'unknown' };
  if (product.pointsPrice === null) return { ok: false, reason: 'notForPoints' };
  if (member === null) return { ok: false, reason: 'notAMember' };
  const { tierIds } = product;
  if (tierIds.length > 0 && !tierIds.includes(member.tierId)) return { ok: false, reason: 'tier' };
  return { ok: true, points: product.pointsPrice * quantity };
}
