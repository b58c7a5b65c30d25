import { updateProgramme } from '#db/queries/referral-programmes.ts';
import type { Programme, SetProgrammeBody } from '#schemas/referrals.ts';
import { recordChange } from '../audit/record-change.ts';
import { type Ctx, withTx } from '../context.ts';
import { presentProgramme } from './present-referral.ts';
import { lockProgramme } from './steps/load-programme.ts';
import { requireGifts } from './steps/require-gifts.ts';

type Input = { tenantId: string; body: SetProgrammeBody };

/** Sets the whole programme. Attributions and rewards of before stay; conversions from now on follow it. */
export async function setProgramme(ctx: Ctx, { tenantId, body }: Input): Promise<Programme> {
  const now = ctx.clock.now();
  return withTx(ctx, async (tx) => {
    await requireGifts(tx, { tenantId, body });
    const before = await lockProgramme(tx, { tenantId, now });
    await updateProgramme(tx, { tenantId, ...body, updatedAt: now });
    const after = presentProgramme({ ...before, ...body });
    const target = { type: 'referralProgramme', id: tenantId };
    const change = { action: 'referralProgramme.updated', target, before: presentProgramme(before), after };
    await recordChange(ctx, { db: tx, tenantId, ...change, now });
    return after;
  });
}
