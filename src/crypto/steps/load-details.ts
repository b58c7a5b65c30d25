import type { Db } from '#db/client.ts';
import { findChainCursor } from '#db/queries/chain-cursors.ts';
import { findCryptoPayment, listTimeline } from '#db/queries/crypto-payments.ts';
import { listTransfersOfPayment } from '#db/queries/crypto-transfers.ts';
import type { PaymentRow } from '#db/queries/payments.ts';
import type { CryptoDetails } from '#schemas/crypto-payments.ts';
import { presentDetails } from '../present-crypto.ts';
import { findUsed } from './find-credit.ts';

type Of = Pick<PaymentRow, 'tenantId' | 'id' | 'provider' | 'crypto'>;

/** The crypto side of a payment in full; undefined where it has none. */
export async function loadDetails(db: Db, payment: Of): Promise<CryptoDetails | undefined> {
  const { tenantId, id: paymentId, provider, crypto } = payment;
  if (provider !== 'crypto' || crypto === null) return undefined;
  const key = { tenantId, paymentId };
  const row = await findCryptoPayment(db, key);
  if (!row) return undefined;
  const [transfers, timeline, cursor, usedUnits] = await Promise.all([
    listTransfersOfPayment(db, key),
    listTimeline(db, key),
    findChainCursor(db, row.chainId),
    findUsed(db, row),
  ]);
  return presentDetails({ row, address: crypto.address, usedUnits, transfers, timeline, cursor });
}
