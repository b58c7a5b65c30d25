import type { PointsPurchaseRow } from '#db/queries/points-purchases.ts';
import type { PointsPurchase } from '#schemas/points.ts';

export function presentPurchase(row: PointsPurchaseRow): PointsPurchase {
  const { id, userId, productId, quantity, points, status, createdAt } = row;
  return { id, userId, productId, quantity, points, status, createdAt };
}
