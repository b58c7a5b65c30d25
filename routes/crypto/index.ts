import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { checkCryptoPaymentRoute } from './check-crypto-payment.ts';
import { createCryptoPaymentRoute } from './create-crypto-payment.ts';
import { getCryptoSettingsRoute } from './get-crypto-settings.ts';
import { listCryptoAssetsRoute } from './list-crypto-assets.ts';
import { listCryptoChainsRoute } from './list-crypto-chains.ts';
import { listCryptoCreditsRoute } from './list-crypto-credits.ts';
import { listCryptoTransfersRoute } from './list-crypto-transfers.ts';
import { listMyCryptoCreditsRoute } from './list-my-crypto-credits.ts';
import { markCryptoPaymentRoute } from './mark-crypto-payment.ts';
import { quoteCryptoPaymentRoute } from './quote-crypto-payment.ts';
import { recordCryptoRefundRoute } from './record-crypto-refund.ts';
import { setCryptoSettingsRoute } from './set-crypto-settings.ts';

export const cryptoRoutes: FastifyPluginAsyncZod = async (app) => {
  await app.register(listCryptoChainsRoute);
  await app.register(listCryptoAssetsRoute);
  await app.register(quoteCryptoPaymentRoute);
  await app.register(createCryptoPaymentRoute);
  await app.register(checkCryptoPaymentRoute);
  await app.register(markCryptoPaymentRoute);
  await app.register(recordCryptoRefundRoute);
  await app.register(getCryptoSettingsRoute);
  await app.register(setCryptoSettingsRoute);
  await app.register(listCryptoTransfersRoute);
  await app.register(listCryptoCreditsRoute);
  await app.register(listMyCryptoCreditsRoute);
};
