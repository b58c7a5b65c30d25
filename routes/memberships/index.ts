import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { createTierRoute } from './create-tier.ts';
import { getMembershipStatusRoute } from './get-membership-status.ts';
import { joinMembershipRoute } from './join-membership.ts';
import { leaveMembershipRoute } from './leave-membership.ts';
import { listMembersRoute } from './list-members.ts';
import { listMyMembershipsRoute } from './list-my-memberships.ts';
import { listTiersRoute } from './list-tiers.ts';
import { updateMyMembershipRoute } from './update-my-membership.ts';
import { updateTierRoute } from './update-tier.ts';

export const membershipRoutes: FastifyPluginAsyncZod = async (app) => {
  await app.register(listTiersRoute);
  await app.register(createTierRoute);
  await app.register(updateTierRoute);
  await app.register(joinMembershipRoute);
  await app.register(leaveMembershipRoute);
  await app.register(listMyMembershipsRoute);
  await app.register(getMembershipStatusRoute);
  await app.register(listMembersRoute);
  await app.register(updateMyMembershipRoute);
};
