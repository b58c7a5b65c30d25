import { z } from 'zod';
import { Currency, Id, IdParam, PageQuery, Timestamp, text } from './common.ts';
import { Amount, isChargeable } from './money.ts';

export const membershipStatuses = ['trialing', 'active', 'past_due', 'paused', 'canceled', 'expired'] as const;
export type MembershipStatus = (typeof membershipStatuses)[number];
export const priceIntervals = ['month', 'year', 'one_time'] as const;
export type PriceInterval = (typeof priceIntervals)[number];

const TierPrice = z
  .object({ amount: Amount.min(1), currency: Currency, interval: z.enum(priceIntervals) })
  .refine(isChargeable, { path: ['amount'], error: 'must be a multiple of 10 in a currency of three decimals' })
  .meta({ id: 'TierPrice', example: { amount: 990, currency: 'EUR', interval: 'month' } });

const tierFields = {
  name: text(120),
  code: z
    .string()
    .toLowerCase()
    .max(63)
    .regex(/^[a-z0-9]+(?:[-_][a-z0-9]+)*$/, 'must be letters a-z and digits, with single hyphens or underscores inside')
    .meta({ description: 'Unique in the brand, compared without regard to case', example: 'gold' }),
  rank: z.int().min(0).max(1000).meta({ description: 'Higher is better', example: 10 }),
  price: TierPrice.nullable().meta({ description: 'null for a free tier' }),
  benefits: z
    .array(text(200))
    .max(50)
    .meta({ example: ['10 % off', 'Early access'] }),
  pointsThreshold: z
    .int()
    .min(1)
    .max(1_000_000_000)
    .nullable()
    .meta({ description: 'Points at which a member reaches the tier; null for a tier that points do not open' }),
  trialDays: z.int().min(0).max(730).meta({ description: 'Days before the first charge of a subscription' }),
  active: z.boolean().meta({ description: 'Inactive tiers are hidden and take no new members' }),
};

export const CreateTierBody = z
  .object(tierFields)
  .partial()
  .extend({ name: tierFields.name, code: tierFields.code, rank: tierFields.rank })
  .meta({ id: 'CreateTierBody', example: { name: 'Gold', code: 'gold', rank: 10, benefits: ['10 % off'] } });
export type CreateTierBody = z.output<typeof CreateTierBody>;

export const UpdateTierBody = z
  .object(tierFields)
  .partial()
  .meta({ id: 'UpdateTierBody', example: { name: 'Gold', rank: 20 } });
export type UpdateTierBody = z.output<typeof UpdateTierBody>;

export const TierParams = z.object({ tenantId: IdParam, tierId: IdParam });

export const exampleTier = {
  id: '019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071',
  tenantId: '019ab3c4-6a11-7b02-8c3d-4e5f60718293',
  name: 'Gold',
  code: 'gold',
  rank: 10,
  price: { amount: 990, currency: 'EUR', interval: 'month' },
  benefits: ['10 % off'],
  pointsThreshold: null,
  trialDays: 0,
  active: true,
};

export const Tier = z
  .object({
    id: Id,
    tenantId: Id,
    name: z.string(),
    code: z.string(),
    rank: z.int(),
    price: z.object({ amount: z.int(), currency: z.string(), interval: z.enum(priceIntervals) }).nullable(),
    benefits: z.array(z.string()),
    pointsThreshold: z.int().nullable(),
    trialDays: z.int(),
    active: z.boolean(),
  })
  .meta({ id: 'Tier', example: exampleTier });
export type Tier = z.output<typeof Tier>;

export const JoinBody = z
  .object({
    tierId: IdParam.optional().meta({ description: 'A free tier; the one of the lowest rank when absent' }),
    referralCode: text(64).optional().meta({ description: 'Kept with the membership, for the referral programme' }),
  })
  .nullish()
  .meta({ example: {} });

export const UpdateMyMembershipBody = z
  .object({ hidesName: z.boolean().meta({ description: 'Whether leaderboards show the caller without a name' }) })
  .meta({ id: 'UpdateMyMembershipBody', example: { hidesName: true } });
export type UpdateMyMembershipBody = z.output<typeof UpdateMyMembershipBody>;

const exampleMembership = {
  id: '019ab3c4-7777-7b02-8c3d-4e5f60718293',
  tenantId: exampleTier.tenantId,
  userId: '019ab3c4-8888-7b02-8c3d-4e5f60718293',
  tenant: { name: 'Acme Coffee', subdomain: 'acme', logoUrl: null },
  tier: exampleTier,
  status: 'active',
  points: 120,
  hidesName: false,
  startedAt: '2026-11-23T14:15:16.123Z',
  expiresAt: null,
  cancelAtPeriodEnd: false,
  subscriptionId: null,
};

export const Membership = z
  .object({
    id: Id,
    tenantId: Id,
    userId: Id,
    tenant: z.object({ name: z.string(), subdomain: z.string(), logoUrl: z.string().nullable() }),
    tier: Tier,
    status: z.enum(membershipStatuses),
    points: z.int(),
    hidesName: z.boolean().meta({ description: 'Whether leaderboards show the member without a name' }),
    startedAt: Timestamp,
    expiresAt: Timestamp.nullable().meta({ description: 'When the membership ends, or is next renewed' }),
    cancelAtPeriodEnd: z.boolean(),
    subscriptionId: z.string().nullable(),
  })
  .meta({ id: 'Membership', example: exampleMembership });
export type Membership = z.output<typeof Membership>;

export const MembershipState = z
  .object({
    member: z.boolean().meta({ description: 'True while the membership gives its benefits' }),
    membership: Membership.nullable(),
  })
  .meta({ id: 'MembershipState', example: { member: true, membership: exampleMembership } });
export type MembershipState = z.output<typeof MembershipState>;

export const StatusQuery = z.object({
  userId: IdParam.optional().meta({ description: 'Whose state an API key asks for; a user always gets their own' }),
});

export const MembersQuery = PageQuery.extend({
  q: text(100).optional().meta({ description: 'The beginning of a name or e-mail address' }),
  tierId: IdParam.optional(),
  status: z.enum(membershipStatuses).optional(),
});

export const Member = z
  .object({
    membershipId: Id,
    userId: Id,
    name: z.string().nullable(),
    email: z.string().nullable(),
    tierId: Id,
    status: z.enum(membershipStatuses),
    points: z.int(),
    startedAt: Timestamp,
    expiresAt: Timestamp.nullable(),
  })
  .meta({
    id: 'Member',
    example: {
      membershipId: exampleMembership.id,
      userId: '019ab3c4-8888-7b02-8c3d-4e5f60718293',
      name: 'Ada',
      email: 'ada@example.com',
      tierId: exampleTier.id,
      status: 'active',
      points: 120,
      startedAt: '2026-11-23T14:15:16.123Z',
      expiresAt: null,
    },
  });
export type Member = z.output<typeof Member>;
