import type { Checks } from '#schemas/health.ts';
import type { Ctx } from '../context.ts';
import { AppError, SERVICE_UNAVAILABLE } from '../lib/errors.ts';

/** The checks when the service is ready; else a 503 that names what is wrong. */
export async function requireReadiness(ctx: Ctx): Promise<{ status: 'ready'; checks: Checks }> {
  const { ready, reason, checks } = await ctx.deps.readiness();
  if (!ready) throw new AppError(SERVICE_UNAVAILABLE, { reason, checks });
  return { status: 'ready', checks };
}
