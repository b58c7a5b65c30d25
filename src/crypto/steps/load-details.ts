import type { Db } from '#db/client.ts';
import { findChainCursor } from '#db/queries/chain-cursors.ts';
import { findCryptoPayment, listNewestTimeline } from '#db/queries/crypto-payments.ts';
import { listNewestTransfers } from '#db/queries/crypto-transfers.ts';
import type { PaymentRow } from '#db/queries/payments.ts';
import type { CryptoDetails } from '#schemas/crypto-payments.ts';
import { presentDetails } from '../present-crypto.ts';
import { findUsed } from './find-credit.ts';

type Of = Pick<PaymentRow, 'tenantId' | 'id' | 'provider' | 'crypto'>;

/** Anybody can send more to an address. */
const MOST_SHOWN = 50;

type Showing = { withQrCode?: boolean | undefined };

/** The crypto side of a payment in full; undefined where it has none. */
export async function loadDetails(db: Db, payment: Of, showing: Showing = {}): Promise<CryptoDetails | undefined> {
  const { tenantId, id: paymentId, provider, crypto } = payment;
  if (provider !== 'crypto' || crypto === null) return undefined;
  const key = { tenantId, paymentId };
  const row = await findCryptoPayment(db, key);
  if (!row) return undefined;
  const [transfers, timeline, cursor, usedUnits] = await Promise.all([
    listNewestTransfers(db, { ...key, limit: MOST_SHOWN }),
    listNewestTimeline(db, { ...key, limit: MOST_SHOWN }),
    findChainCursor(db, row.chainId),
    findUsed(db, row),
  ]);
  return presentDetails({ ...showing, row, address: crypto.address, usedUnits, transfers, timeline, cursor });
}
