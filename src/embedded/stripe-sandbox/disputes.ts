import { recordBalance } from './charges.ts';
import { invalid } from './errors.ts';
import { changed, emit } from './events.ts';
import type { Params } from './form.ts';
import { newId } from './ids.ts';
import { flag, hash, mergedMetadata, text } from './params.ts';
import { load, type Session, save, update } from './session.ts';
import type { Charge, Dispute } from './types.ts';

const EVIDENCE = [
  ...['access_activity_log', 'billing_address', 'cancellation_policy', 'cancellation_policy_disclosure'],
  ...['cancellation_rebuttal', 'customer_communication', 'customer_email_address', 'customer_name'],
  ...['customer_purchase_ip', 'customer_signature', 'duplicate_charge_documentation', 'duplicate_charge_explanation'],
  ...['duplicate_charge_id', 'product_description', 'receipt', 'refund_policy', 'refund_policy_disclosure'],
  ...['refund_refusal_explanation', 'service_date', 'service_documentation', 'shipping_address', 'shipping_carrier'],
  ...[
    'shipping_date',
    'shipping_documentation',
    'shipping_tracking_number',
    'uncategorized_file',
    'uncategorized_text',
  ],
];
const FEE = 1500;
const DAY = 86_400;

type Opening = { charge: Charge; reason: 'fraudulent' | 'product_not_received' | 'inquiry' };

const NO_DISPUTE = {
  balance_transactions: [],
  enhanced_eligibility_types: [],
  intended_submission_method: null,
  livemode: false,
  metadata: {},
  network_reason_code: '10',
};

export function createDispute(session: Session, { charge, reason }: Opening): Dispute {
  if (charge.disputed) throw invalid(`Charge ${charge.id} is disputed already.`, { code: 'charge_disputed' });
  const isInquiry = reason === 'inquiry';
  const id = newId('du');
  const dispute = save(session, 'disputes', {
    ...NO_DISPUTE,
    id,
    object: 'dispute',
    amount: charge.amount_captured,
    charge: charge.id,
    created: session.now,
    currency: charge.currency,
    evidence: {
      ...Object.fromEntries(EVIDENCE.map((name) => [name, null])),
      enhanced_evidence: {},
    } as Dispute['evidence'],
    evidence_details: {
      due_by: session.now + 7 * DAY,
      enhanced_eligibility: {},
      has_evidence: false,
      past_due: false,
      submission_count: 0,
      submission_method: 'not_submitted',
    },
    is_charge_refundable: isInquiry,
    payment_intent: charge.payment_intent,
    payment_method_details: {
      type: 'card',
      card: { brand: 'visa', case_type: 'chargeback', network: 'visa', network_reason_code: '10' },
    },
    reason: isInquiry ? 'general' : reason,
    status: isInquiry ? 'warning_needs_response' : 'needs_response',
  });
  update(session, { in: 'charges', id: charge.id }, { disputed: true });
  emit(session, 'charge.dispute.created', { of: dispute });
  if (!isInquiry) moveFunds(session, { dispute, sign: -1 });
  return dispute;
}

function moveFunds(session: Session, { dispute, sign }: { dispute: Dispute; sign: 1 | -1 }): Dispute {
  const { amount, currency, id: source } = dispute;
  recordBalance(session, { amount: sign * amount, currency, source, type: 'adjustment', fee: sign < 0 ? FEE : 0 });
  emit(session, `charge.dispute.funds_${sign < 0 ? 'withdrawn' : 'reinstated'}`, { of: dispute });
  return dispute;
}

/** Evidence with Stripe's test words decides at once: `winning_evidence`, `losing_evidence`. */
export function updateDispute(session: Session, { before, params }: { before: Dispute; params: Params }): Dispute {
  const given = hash(params, 'evidence') ?? {};
  const evidence = { ...before.evidence, ...given } as Dispute['evidence'];
  const isSubmitted = Object.keys(given).length > 0 && (flag(params, 'submit') ?? true);
  const after = save(session, 'disputes', {
    ...before,
    evidence,
    metadata: mergedMetadata(params, before.metadata),
    status: isSubmitted && before.status === 'needs_response' ? 'under_review' : before.status,
    evidence_details: {
      ...before.evidence_details,
      has_evidence: before.evidence_details.has_evidence || Object.keys(given).length > 0,
      submission_count: before.evidence_details.submission_count + (isSubmitted ? 1 : 0),
      ...(isSubmitted && { submission_method: 'manual' as const }),
    },
  });
  emit(session, 'charge.dispute.updated', { of: after, before: changed(before, after) });
  const word = text(given, 'uncategorized_text');
  if (!isSubmitted || (word !== 'winning_evidence' && word !== 'losing_evidence')) return after;
  return closeDispute(session, { dispute: after, isWon: word === 'winning_evidence' });
}

export function closeDispute(session: Session, { dispute, isWon }: { dispute: Dispute; isWon: boolean }): Dispute {
  if (['won', 'lost', 'warning_closed'].includes(dispute.status)) throw invalid('This dispute is already closed.');
  const isInquiry = dispute.status.startsWith('warning_');
  const status = isInquiry ? 'warning_closed' : isWon ? 'won' : 'lost';
  const after = save(session, 'disputes', { ...load(session, 'disputes', dispute.id), status });
  emit(session, 'charge.dispute.closed', { of: after });
  return isWon && !isInquiry ? moveFunds(session, { dispute: after, sign: 1 }) : after;
}
