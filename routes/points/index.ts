import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { adjustPointsRoute } from './adjust-points.ts';
import { buyWithPointsRoute } from './buy-with-points.ts';
import { getPointsRoute } from './get-points.ts';
import { getPointsPolicyRoute } from './get-points-policy.ts';
import { listMyPointsPurchasesRoute } from './list-my-points-purchases.ts';
import { listPointsPurchasesRoute } from './list-points-purchases.ts';
import { refundPointsPurchaseRoute } from './refund-points-purchase.ts';
import { setPointsPolicyRoute } from './set-points-policy.ts';

export const pointRoutes: FastifyPluginAsyncZod = async (app) => {
  await app.register(getPointsRoute);
  await app.register(adjustPointsRoute);
  await app.register(getPointsPolicyRoute);
  await app.register(setPointsPolicyRoute);
  await app.register(buyWithPointsRoute);
  await app.register(listMyPointsPurchasesRoute);
  await app.register(listPointsPurchasesRoute);
  await app.register(refundPointsPurchaseRoute);
};
