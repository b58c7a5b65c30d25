import type { CryptoCreditRow } from '#db/queries/crypto-credits.ts';
import type { CryptoCredit } from '#schemas/crypto-credits.ts';
import { fromUnits } from '../lib/decimal.ts';

export function presentCredit(row: CryptoCreditRow): CryptoCredit {
  const { id: paymentId, tenantId, userId, chainId, asset, contract, decimals, createdAt, updatedAt } = row;
  const { units, usedUnits } = row;
  return {
    ...{ paymentId, tenantId, userId, chainId, asset, contract },
    amount: fromUnits(units, decimals),
    used: fromUnits(usedUnits, decimals),
    left: fromUnits(units - usedUnits, decimals),
    ...{ createdAt, updatedAt },
  };
}
