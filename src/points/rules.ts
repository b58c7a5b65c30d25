import type { PointReason } from '#schemas/points.ts';

/** A balance goes below 0 only when what was earned is taken back after it was spent. */
export function mayOverdraw(reason: PointReason, amount: number): boolean {
  return reason === 'taken_back' || amount > 0;
}
