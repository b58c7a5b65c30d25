import type { Target } from '../measurements.ts';
import { publicTenant } from './p1-public-tenant.ts';
import { products } from './p2-products.ts';
import { authenticated } from './p3-authenticated.ts';
import { couponClaims } from './p4-coupon-claims.ts';
import { login } from './p5-login.ts';
import { stripeIntake } from './p6-stripe-intake.ts';
import { upload } from './p7-upload.ts';
import { start } from './p8-start.ts';
import { memory } from './p10-memory.ts';
import { webhooks } from './p11-webhooks.ts';
import { leaderboards } from './p12-leaderboards.ts';
import { dailyClaims } from './p13-daily-claims.ts';
import { cryptoBlocks } from './p14-crypto-blocks.ts';
import { referralAnalytics } from './p15-referral-analytics.ts';

/** In the order in which they run and are printed. */
export const TARGETS: readonly Target[] = [
  publicTenant,
  products,
  authenticated,
  couponClaims,
  login,
  stripeIntake,
  upload,
  start,
  memory,
  webhooks,
  leaderboards,
  dailyClaims,
  cryptoBlocks,
  referralAnalytics,
];
