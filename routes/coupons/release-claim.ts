import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ClaimAnswer, ClaimParams, ReleaseClaimBody } from '#schemas/coupon-claims.ts';
import { ok, success } from '#schemas/envelope.ts';
import { ALREADY_RELEASED, CLAIM_NOT_RELEASABLE, ROLLBACK_TOO_LATE } from '#src/coupons/errors.ts';
import { releaseClaim } from '#src/coupons/release-claim.ts';

export const releaseClaimRoute: FastifyPluginAsyncZod = async (app) => {
  app.post(
    '/:tenantId/claims/:claimId/release',
    {
      config: { errors: [ALREADY_RELEASED, CLAIM_NOT_RELEASABLE, ROLLBACK_TOO_LATE] },
      schema: {
        operationId: 'releaseClaim',
        tags: ['Coupons'],
        summary: 'Give a claim back',
        description:
          'By its holder or the team while it is open. A redemption at the till is rolled back by an admin, with a `reason`, within three months. What a payment holds or has used comes back with that: by canceling it, or by a full refund.',
        params: ClaimParams,
        body: ReleaseClaimBody,
        response: { 200: success(ClaimAnswer) },
      },
    },
    async (request) => {
      const claim = await releaseClaim(request.ctx, { ...request.params, reason: request.body?.reason });
      return ok({ claim });
    },
  );
};
