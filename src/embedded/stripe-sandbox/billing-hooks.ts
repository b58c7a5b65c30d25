import { cancelAt, expireIncomplete } from './cancel-subscription.ts';
import { settleIntent } from './confirm-intent.ts';
import { retryInvoice, settleInvoice } from './pay-invoice.ts';
import { settleRefund } from './refunds.ts';
import { expireUpdate, remindOfTrial, renew, settleSetup } from './renew-subscription.ts';
import type { Hooks } from './session.ts';
import type { TaskHandlers } from './tasks.ts';

export const billingHooks: Hooks = { intentSettled: settleInvoice, setupSettled: settleSetup };

export const taskHandlers: TaskHandlers = {
  settle_intent: settleIntent,
  settle_refund: settleRefund,
  renew,
  remind_of_trial: remindOfTrial,
  retry_invoice: retryInvoice,
  expire_incomplete: expireIncomplete,
  expire_update: expireUpdate,
  cancel: cancelAt,
};
