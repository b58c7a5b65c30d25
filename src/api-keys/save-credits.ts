import type { Db } from '#db/client.ts';
import { insertApiKeyCredits, updateApiKeyCredits } from '#db/queries/api-key-credits.ts';
import { AppError, VALIDATION_ERROR } from '../lib/errors.ts';
import { newId } from '../lib/ids.ts';
import { type AskedCredits, type Credits, decideCredits } from './rules.ts';

/** What a body asks for, as the rule decides. */
export function requireCredits(before: Credits | null, question: { asked: AskedCredits; now: Date }): Credits {
  const decision = decideCredits(before, question);
  if (!decision.ok) throw new AppError(VALIDATION_ERROR, { errors: [{ location: 'body', ...decision.reason }] });
  return decision.credits;
}

type Input = { tenantId: string; creditsId: string | null; credits: Credits | null };

/** Brings credits to the counter that a key has, or to a new one; answers which one the key has from now on. */
export async function saveCredits(db: Db, { tenantId, creditsId, credits }: Input): Promise<string | null> {
  if (credits === null) return null;
  const { remaining, refillAmount, refillInterval, refillsAt } = credits;
  const state = { remaining, refillAmount, refillInterval, refillsAt };
  if (creditsId !== null) {
    await updateApiKeyCredits(db, { tenantId, creditsId, state });
    return creditsId;
  }
  const id = newId();
  await insertApiKeyCredits(db, { tenantId, id, ...state });
  return id;
}
