import type { Db } from '#db/client.ts';
import { deleteWalletNonce, findWalletNonce } from '#db/queries/wallets.ts';
import type { Ctx } from '../context.ts';
import { AppError } from '../lib/errors.ts';
import { LIFETIMES } from '../lib/limits.ts';
import { SIGNED_MESSAGE_REFUSED } from './errors.ts';
import { parseMessage } from './parse-message.ts';
import { decideMessage, type Reason } from './rules.ts';

export type SignedMessage = { message: string; signature: string };
export type WalletProof = { address: string; nonce: string };

/**
 * Whose wallet signed the message, for signing in (`userId` null) or for linking to that user. The nonce is still to be
 * spent, in the transaction of what the proof is for: asking the chain takes too long to do it there.
 */
export async function proveWallet(
  ctx: Ctx,
  { message, signature, userId, now }: SignedMessage & { userId: string | null; now: Date },
): Promise<WalletProof> {
  const parsed = parseMessage(message);
  if (!parsed) throw refuse('MALFORMED_MESSAGE');
  const nonce = await findWalletNonce(ctx.db, parsed.nonce);
  const decision = decideMessage(parsed, { nonce, userId, now, maxAgeSeconds: LIFETIMES.signedMessageAge });
  if (!decision.ok) throw refuse(decision.reason);
  const { signatures } = ctx.deps;
  const isSigned = await signatures.verify({ address: parsed.address, message, signature });
  if (!isSigned) throw refuse('BAD_SIGNATURE');
  return { address: await signatures.checksum(parsed.address), nonce: parsed.nonce };
}

/** Of two calls with one message, one gets through. */
export async function spendNonce(db: Db, { nonce }: WalletProof): Promise<void> {
  if (!(await deleteWalletNonce(db, nonce))) throw refuse('NONCE_UNKNOWN');
}

function refuse(reason: Reason): AppError {
  return new AppError(SIGNED_MESSAGE_REFUSED, { reason });
}
