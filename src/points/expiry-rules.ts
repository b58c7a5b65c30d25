const DAY_MS = 86_400_000;

type State = {
  points: number;
  /** The member last earned or spent, or began to have points. */
  activeAt: Date;
  mode: 'age' | 'inactivity' | null;
  days: number | null;
  /** Given within the days, in all; null when nothing was. */
  fresh: number | null;
  firstAt: Date | null;
  oldestAt: Date | null;
  left: number | null;
};
export type ExpiryDecision = { due: number; next: { amount: number; at: Date } | null };

/**
 * Which points have expired at the instant, and which are the next. With `age` the oldest are used first: of the balance
 * expires what is more than was given within the days. With `inactivity` the whole balance does. Days are of 24 hours.
 */
export function decideExpiry({ points, mode, days, ...state }: State, now: Date): ExpiryDecision {
  if (mode === null || days === null || points <= 0) return { due: 0, next: null };
  const after = (instant: Date) => new Date(instant.getTime() + days * DAY_MS);
  if (mode === 'inactivity') {
    const at = after(state.activeAt);
    return at <= now ? { due: points, next: null } : { due: 0, next: { amount: points, at } };
  }
  const { fresh, firstAt, oldestAt, left } = state;
  if (oldestAt && left) return { due: 0, next: { amount: left, at: after(oldestAt) } };
  const due = points - (fresh ?? 0);
  return { due, next: firstAt && fresh ? { amount: fresh, at: after(firstAt) } : null };
}
