import { type FaultBody, StripeFault } from './errors.ts';

/** A card that is refused: 402. What happened on the way stays, so that the failed charge can be looked at. */
export function chargeFault(body: Omit<FaultBody, 'type'>): StripeFault {
  return new StripeFault(402, { type: 'card_error', ...body }, true);
}
