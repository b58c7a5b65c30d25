import { isDisposableEmailDomain } from 'disposable-email-domains-js';

/** Whether an address is of a domain that gives addresses for minutes, by a list that others keep. */
export function isDisposableEmail(email: string): boolean {
  return isDisposableEmailDomain(email.slice(email.lastIndexOf('@') + 1));
}
