import type { AutoPause } from '#schemas/coupons.ts';

const HOUR_MS = 3_600_000;
const WEEK_HOURS = 168;
const DAY_HOURS = 24;
/** What somebody has looked at and let go on may double before it is looked at again. */
const ACCEPTED_FACTOR = 2;

type Redemptions = {
  /** Within the last hour. */
  lastHour: number;
  /** Within the seven days before that hour. */
  weekBefore: number;
};
type Coupon = { createdAt: Date; resumedAt: Date | null; pausedRate: number | null };

/**
 * Whether a coupon is redeemed abnormally often: within an hour at least `minimum` times, and `factor` times as often as in
 * the mean hour of the seven days before, or since it was made, but of a day at least. Answers how often would have been
 * normal, or null when it is.
 */
export function decidePause(
  { minimum, factor }: AutoPause,
  { lastHour, weekBefore }: Redemptions,
  { coupon, now }: { coupon: Coupon; now: Date },
): number | null {
  const age = (now.getTime() - coupon.createdAt.getTime()) / HOUR_MS;
  const hours = Math.min(Math.max(age, DAY_HOURS), WEEK_HOURS);
  const isAccepted = coupon.resumedAt !== null && hoursSince(coupon.resumedAt, now) < WEEK_HOURS;
  const accepted = isAccepted ? ACCEPTED_FACTOR * (coupon.pausedRate ?? 0) : 0;
  const normal = Math.max(minimum, Math.ceil((factor * weekBefore) / hours), accepted);
  return lastHour >= normal ? normal : null;
}

function hoursSince(instant: Date, now: Date): number {
  return (now.getTime() - instant.getTime()) / HOUR_MS;
}
