import type { Programme } from '#schemas/referrals.ts';
import type { Ctx } from '../context.ts';
import { presentProgramme } from './present-referral.ts';
import { loadProgramme } from './steps/load-programme.ts';

/** How the brand rewards referrals. */
export async function getProgramme(ctx: Ctx, { tenantId }: { tenantId: string }): Promise<Programme> {
  return presentProgramme(await loadProgramme(ctx.db, { tenantId, now: ctx.clock.now() }));
}
