import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ok, success } from '#schemas/envelope.ts';
import { MyReferrals } from '#schemas/referral-conversions.ts';
import { TenantParams } from '#schemas/tenants.ts';
import { userCtx } from '#src/auth/user-ctx.ts';
import { getMyReferrals } from '#src/referrals/get-my-referrals.ts';

export const getMyReferralsRoute: FastifyPluginAsyncZod = async (app) => {
  app.get(
    '/user/tenant/:tenantId',
    {
      schema: {
        operationId: 'getMyReferrals',
        tags: ['Referrals'],
        summary: 'My referrals with a brand',
        description: 'Links with clicks, sign-ups and conversions, and rewards by how they stand.',
        params: TenantParams,
        response: { 200: success(MyReferrals) },
      },
    },
    async (request) => ok(await getMyReferrals(userCtx(request.ctx), request.params)),
  );
};
