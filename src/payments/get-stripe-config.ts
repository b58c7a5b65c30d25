import type { StripeConfig } from '#schemas/subscriptions.ts';
import type { Ctx } from '../context.ts';

/** What a client app needs to confirm payments. */
export function getStripeConfig({ deps }: Ctx): StripeConfig {
  const { publishableKey, apiBase, mode } = deps.cards;
  return { publishableKey, apiBase, mode };
}
