import { AppError, VALIDATION_ERROR } from '../../lib/errors.ts';

/** Refuses a campaign that ends before it begins. */
export function requireSpan({ startsAt, endsAt }: { startsAt: Date | null; endsAt: Date | null }): void {
  if (!startsAt || !endsAt || endsAt > startsAt) return;
  throw new AppError(VALIDATION_ERROR, {
    errors: [{ location: 'body', field: 'endsAt', message: 'must be after startsAt' }],
  });
}
