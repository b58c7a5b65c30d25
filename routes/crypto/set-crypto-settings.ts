import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { CryptoSettings, SetCryptoSettingsBody } from '#schemas/crypto.ts';
import { ok, success } from '#schemas/envelope.ts';
import { TenantParams } from '#schemas/tenants.ts';
import { ADDRESS_INVALID, ADDRESS_TAKEN, ASSET_MISMATCH, CHAIN_UNKNOWN, XPUB_INVALID } from '#src/crypto/errors.ts';
import { setCryptoSettings } from '#src/crypto/set-crypto-settings.ts';

export const setCryptoSettingsRoute: FastifyPluginAsyncZod = async (app) => {
  app.put(
    '/tenant/:tenantId/settings',
    {
      config: { errors: [ADDRESS_INVALID, ADDRESS_TAKEN, ASSET_MISMATCH, CHAIN_UNKNOWN, XPUB_INVALID] },
      schema: {
        operationId: 'setCryptoSettings',
        tags: ['Crypto'],
        summary: 'Say how the brand takes crypto',
        description:
          'The whole set, but for `account`, which stays where it is not named. The money goes straight to the brand: the service has no private key, and refuses one. What was begun goes on as it began. One brand receives at an address: whoever comes first, or whoever shows that it is theirs, with its wallet linked to the account of an owner. Tokens and feeds are looked at on their chain: with that out of reach 503.',
        params: TenantParams,
        body: SetCryptoSettingsBody,
        response: { 200: success(CryptoSettings) },
      },
    },
    async (request) => ok(await setCryptoSettings(request.ctx, { ...request.params, body: request.body })),
  );
};
