import { emit } from './events.ts';
import type { Params } from './form.ts';
import { newId } from './ids.ts';
import { mergedMetadata, text } from './params.ts';
import { load, type Session, save } from './session.ts';
import type { Account } from './types.ts';

/** A connected account, which may charge from the start: the sandbox asks nobody for papers. */
export function createAccount(session: Session, params: Params): Account {
  const account = save(session, 'accounts', accountOf(session, { id: newId('acct').replace(/.{8}$/, ''), params }));
  emit(session, 'account.updated', { of: account });
  return account;
}

/** The account of the key, or the one that the call is made for. */
export function ownAccount(session: Session): Account {
  return accountOf(session, { id: session.account || 'acct_sandbox', params: {} });
}

export function findAccount(session: Session, id: string): Account {
  return id === 'acct_sandbox' ? ownAccount(session) : load(session, 'accounts', id);
}

function accountOf(session: Session, { id, params }: { id: string; params: Params }): Account {
  const country = text(params, 'country') ?? 'US';
  return {
    id,
    object: 'account',
    business_type: text(params, 'business_type') ?? null,
    capabilities: { card_payments: 'active', transfers: 'active' },
    charges_enabled: true,
    country,
    created: session.now,
    default_currency: country === 'US' ? 'usd' : 'eur',
    details_submitted: true,
    email: text(params, 'email') ?? null,
    metadata: mergedMetadata(params),
    payouts_enabled: true,
    type: text(params, 'type') ?? 'standard',
  };
}
