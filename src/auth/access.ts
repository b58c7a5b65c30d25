import type { TenantRole } from '#schemas/team.ts';
import type { RateLimit } from '../lib/limits.ts';

/**
 * Who may call what, in one place: every operation of the API by its operationId. A route whose operation is not listed
 * here does not start.
 *
 * who          anyone    - no credential is looked at
 *              optional  - works without one; a valid one shows more
 *              user      - any signed-in user, no API key
 *              principal - any signed-in user or API key
 *              staff, admin, owner - at least that role in the tenant of the call; a platform admin has every role, and
 *              an API key counts as admin: with `read` for GET, with `write` for everything else
 * peopleOnly   no API key, whatever its scopes: nobody hands out rights through a key
 * whileSuspended  a write that a suspended brand may still make
 * limit        the bucket that counts the call by address; `standard` where nothing is said
 * tenantInBody the body may name the tenant of the call
 * steps        it calls others (the card processor) between two transactions: under an Idempotency-Key it runs without one
 *              around it, and finds by ctx.onceKey what an interrupted request has made
 * idempotency  why Idempotency-Key is ignored: request or answer carry a secret; the call changes nothing; or it works
 *              just once by itself, because it spends the session or nonce that it shows; or its body is a stream, which
 *              cannot be compared with that of an earlier request before it is read
 */
export const PERMISSIONS = {
  getHealth: { who: 'anyone', limit: 'none' },
  getReadiness: { who: 'anyone', limit: 'none' },
  getLiveness: { who: 'anyone', limit: 'none' },

  registerUser: { who: 'anyone', limit: 'register', idempotency: 'secret' },
  logIn: { who: 'anyone', limit: 'login', idempotency: 'secret' },
  refreshSession: { who: 'anyone', idempotency: 'secret' },
  verifyToken: { who: 'principal' },
  logOut: { who: 'user', idempotency: 'once' },
  listSessions: { who: 'user' },
  endSession: { who: 'user' },
  getMe: { who: 'user' },
  updateMe: { who: 'user' },

  forgotPassword: { who: 'anyone', limit: 'password' },
  resetPassword: { who: 'anyone', limit: 'password', idempotency: 'secret' },
  changePassword: { who: 'user', limit: 'password', idempotency: 'secret' },
  verifyEmail: { who: 'anyone', limit: 'password' },
  resendVerification: { who: 'user', limit: 'password' },

  createWalletNonce: { who: 'optional', peopleOnly: true, limit: 'wallet', idempotency: 'secret' },
  logInWithWallet: { who: 'anyone', limit: 'wallet', idempotency: 'secret' },
  linkWallet: { who: 'user', limit: 'wallet', idempotency: 'once' },
  unlinkWallet: { who: 'user', limit: 'wallet' },

  listApiKeys: { who: 'admin', peopleOnly: true },
  createApiKey: { who: 'admin', peopleOnly: true, tenantInBody: true, idempotency: 'secret' },
  verifyApiKey: { who: 'admin', peopleOnly: true, whileSuspended: true, limit: 'guess', idempotency: 'nothing' },
  getApiKey: { who: 'admin', peopleOnly: true },
  updateApiKey: { who: 'admin', peopleOnly: true },
  revokeApiKey: { who: 'admin', peopleOnly: true, whileSuspended: true },
  rotateApiKey: { who: 'admin', peopleOnly: true, idempotency: 'secret' },
  getApiKeyUsage: { who: 'admin', peopleOnly: true },

  listPublicTenants: { who: 'anyone' },
  getPublicTenant: { who: 'anyone' },
  createTenant: { who: 'user' },
  getTenant: { who: 'staff' },
  updateTenant: { who: 'admin' },
  setTenantStatus: { who: 'owner', peopleOnly: true },
  listAuditEntries: { who: 'admin' },

  listTeam: { who: 'staff' },
  inviteMember: { who: 'admin', peopleOnly: true },
  listInvitations: { who: 'admin', peopleOnly: true },
  revokeInvitation: { who: 'admin', peopleOnly: true },
  acceptInvitation: { who: 'user' },
  updateMember: { who: 'admin', peopleOnly: true },
  removeMember: { who: 'staff', peopleOnly: true },

  listStores: { who: 'optional' },
  getDefaultStore: { who: 'anyone' },
  createStore: { who: 'admin' },
  updateStore: { who: 'admin' },
  deleteStore: { who: 'admin' },
  setDefaultStore: { who: 'admin' },

  listTiers: { who: 'optional' },
  createTier: { who: 'admin' },
  updateTier: { who: 'admin' },
  joinMembership: { who: 'user' },
  leaveMembership: { who: 'user' },
  listMyMemberships: { who: 'user' },
  getMembershipStatus: { who: 'principal' },
  listMembers: { who: 'staff' },
  updateMyMembership: { who: 'user' },

  getPoints: { who: 'user' },
  adjustPoints: { who: 'admin' },
  getPointsPolicy: { who: 'staff' },
  setPointsPolicy: { who: 'admin' },
  buyWithPoints: { who: 'user' },
  listMyPointsPurchases: { who: 'user' },
  listPointsPurchases: { who: 'staff' },
  refundPointsPurchase: { who: 'admin' },

  saveProduct: { who: 'admin' },
  listProducts: { who: 'anyone' },
  getProduct: { who: 'optional' },
  listOwnedProducts: { who: 'user' },

  createPayment: { who: 'user', steps: true },
  getPaymentStatus: { who: 'anyone' },
  listMyPayments: { who: 'user' },
  listPayments: { who: 'staff' },
  getPayment: { who: 'principal' },
  cancelPayment: { who: 'principal', steps: true },
  refundPayment: { who: 'principal', steps: true },
  approveRefund: { who: 'principal', steps: true },
  declineRefund: { who: 'principal' },
  listRefunds: { who: 'staff' },
  listDisputes: { who: 'staff' },

  listCryptoChains: { who: 'anyone' },
  listCryptoAssets: { who: 'anyone' },
  quoteCryptoPayment: { who: 'user', steps: true },
  createCryptoPayment: { who: 'user' },
  checkCryptoPayment: { who: 'anyone', limit: 'chain', idempotency: 'nothing' },
  markCryptoPayment: { who: 'principal' },
  recordCryptoRefund: { who: 'principal', steps: true },
  getCryptoSettings: { who: 'staff' },
  setCryptoSettings: { who: 'owner', peopleOnly: true },
  listCryptoTransfers: { who: 'staff' },
  listCryptoCredits: { who: 'staff' },
  listMyCryptoCredits: { who: 'user' },

  createIntent: { who: 'user', steps: true },
  subscribeToTier: { who: 'user', steps: true },
  cancelSubscription: { who: 'principal', steps: true },
  resumeSubscription: { who: 'principal', steps: true },
  changeTier: { who: 'principal', steps: true },
  previewTierChange: { who: 'principal' },
  getSubscription: { who: 'principal' },
  getStripeConfig: { who: 'anyone' },
  validateCoupon: { who: 'optional', limit: 'guess', idempotency: 'nothing' },
  setStripeAccount: { who: 'owner', peopleOnly: true },
  receiveStripeEvent: { who: 'anyone', limit: 'none', idempotency: 'once' },
  listStripeEvents: { who: 'user' },
  replayStripeEvent: { who: 'user', steps: true },

  listPublicCoupons: { who: 'anyone' },
  createCoupon: { who: 'admin' },
  listCoupons: { who: 'staff' },
  getCoupon: { who: 'admin' },
  updateCoupon: { who: 'admin' },
  deleteCoupon: { who: 'admin' },
  checkEligibility: { who: 'principal' },
  listEligibleCoupons: { who: 'principal', idempotency: 'nothing' },
  claimCoupon: { who: 'user' },
  listMyClaims: { who: 'user' },
  listClaims: { who: 'staff' },
  redeemCoupon: { who: 'staff' },
  releaseClaim: { who: 'principal' },
  backtestCoupon: { who: 'admin', idempotency: 'nothing' },
  getAnalytics: { who: 'staff' },
  createCodes: { who: 'admin' },
  importCodes: { who: 'admin' },
  listCodes: { who: 'admin' },
  revokeCode: { who: 'admin' },
  listBatches: { who: 'admin' },
  getBatch: { who: 'admin' },
  revokeBatch: { who: 'admin' },
  exportCodes: { who: 'admin' },

  listQuests: { who: 'optional' },
  createQuest: { who: 'admin' },
  updateQuest: { who: 'admin' },
  deleteQuest: { who: 'admin' },
  getQuest: { who: 'optional' },
  listQuestProgress: { who: 'user' },
  claimDailyQuest: { who: 'user' },
  completeQuest: { who: 'principal' },
  claimQuest: { who: 'user' },
  submitQuestProof: { who: 'user' },
  listQuestSubmissions: { who: 'principal' },
  approveQuestSubmission: { who: 'staff' },
  rejectQuestSubmission: { who: 'staff' },
  revokeQuestCompletion: { who: 'admin' },
  buyStreakFreeze: { who: 'user' },
  repairStreak: { who: 'admin' },
  revertStreak: { who: 'admin' },
  getLeaderboard: { who: 'principal' },

  getReferralProgramme: { who: 'admin' },
  setReferralProgramme: { who: 'admin' },
  listReferralCampaigns: { who: 'staff' },
  createReferralCampaign: { who: 'admin' },
  updateReferralCampaign: { who: 'admin' },
  createReferralLink: { who: 'user' },
  setReferralCode: { who: 'user', limit: 'guess' },
  verifyReferralCode: { who: 'optional', limit: 'guess' },
  trackReferral: { who: 'optional' },
  listReferrals: { who: 'staff' },
  approveReferral: { who: 'admin' },
  rejectReferral: { who: 'admin' },
  listReferralConversions: { who: 'staff' },
  reverseReferralConversion: { who: 'admin' },
  explainReferralConversion: { who: 'staff' },
  listMyReferralRewards: { who: 'user' },
  getMyReferrals: { who: 'user' },
  getReferralAnalytics: { who: 'staff' },

  listWebhookEndpoints: { who: 'admin' },
  createWebhookEndpoint: { who: 'admin', idempotency: 'secret' },
  getWebhookEndpoint: { who: 'admin' },
  updateWebhookEndpoint: { who: 'admin', steps: true },
  deleteWebhookEndpoint: { who: 'admin' },
  rotateWebhookSecret: { who: 'admin', idempotency: 'secret' },
  testWebhookEndpoint: { who: 'admin' },
  recoverWebhookDeliveries: { who: 'admin' },
  listWebhookDeliveries: { who: 'admin' },
  getWebhookDelivery: { who: 'admin' },
  replayWebhookDelivery: { who: 'admin' },
  listEvents: { who: 'staff' },

  uploadFile: { who: 'principal', idempotency: 'stream' },
  grantUpload: { who: 'principal' },
  confirmUpload: { who: 'principal', steps: true },
  getFileUrl: { who: 'principal' },
  listFiles: { who: 'principal' },
  deleteFile: { who: 'principal' },
  getStorageUsage: { who: 'staff' },
} as const satisfies Record<string, Permission>;

export type Who = 'anyone' | 'optional' | 'user' | 'principal' | TenantRole;
export type Permission = {
  who: Who;
  peopleOnly?: boolean;
  whileSuspended?: boolean;
  limit?: RateLimit | 'none';
  tenantInBody?: boolean;
  steps?: boolean;
  idempotency?: 'secret' | 'nothing' | 'once' | 'stream';
};
export type OperationId = keyof typeof PERMISSIONS;

export function permissionOf(operationId: string): Permission | undefined {
  return (PERMISSIONS as Record<string, Permission>)[operationId];
}

/** The role in the tenant of the call that the operation asks for, if it asks for one. */
export function roleFor({ who }: Permission): TenantRole | null {
  return who === 'staff' || who === 'admin' || who === 'owner' ? who : null;
}

export function takesApiKeys({ who, peopleOnly }: Permission): boolean {
  return !peopleOnly && who !== 'anyone' && who !== 'user' && who !== 'owner';
}

/** Whether an Idempotency-Key makes the operation run once. */
export function isIdempotent({ idempotency }: Permission, method: string): boolean {
  return (method === 'POST' || method === 'PATCH') && idempotency === undefined;
}
