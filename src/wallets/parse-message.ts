import type { SignInMessage } from './rules.ts';

const DATE_TIME = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)`;

/** The grammar of EIP-4361, from the first character to the last: what a wallet showed is all that was signed. */
const MESSAGE = new RegExp(
  [
    String.raw`^(?:(?<scheme>[A-Za-z][A-Za-z0-9+.-]*)://)?(?<domain>[^\s/?#]+) wants you to sign in with your Ethereum account:`,
    '(?<address>0x[0-9a-fA-F]{40})',
    String.raw`(?:\n[^\n]+)?`,
    '',
    String.raw`URI: (?<uri>\S+)`,
    String.raw`Version: (?<version>\S+)`,
    String.raw`Chain ID: (?<chainId>\d{1,15})`,
    'Nonce: (?<nonce>[A-Za-z0-9]{8,128})',
    `Issued At: (?<issuedAt>${DATE_TIME})`,
  ].join('\n') +
    `(?:\nExpiration Time: (?<expirationTime>${DATE_TIME}))?` +
    `(?:\nNot Before: (?<notBefore>${DATE_TIME}))?` +
    String.raw`(?:\nRequest ID: [^\n]*)?(?:\nResources:(?:\n- [^\n]+)*)?$`,
);

/** The message as data, or null when it is none. */
export function parseMessage(text: string): SignInMessage | null {
  const parts = MESSAGE.exec(text)?.groups;
  if (!parts) return null;
  const { scheme, domain = '', address = '', uri = '', version = '', chainId, nonce = '' } = parts;
  const issuedAt = new Date(parts['issuedAt'] ?? '');
  const expirationTime = optionalDate(parts['expirationTime']);
  const notBefore = optionalDate(parts['notBefore']);
  const dates = [issuedAt, expirationTime, notBefore];
  if (dates.some((date) => date && Number.isNaN(date.getTime()))) return null;
  const texts = { scheme: scheme ?? null, domain, address, uri, version, nonce };
  return { ...texts, chainId: Number(chainId), issuedAt, expirationTime, notBefore };
}

function optionalDate(text: string | undefined): Date | null {
  return text === undefined ? null : new Date(text);
}
