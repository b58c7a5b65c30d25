const DOTLESS = new Set(['gmail.com', 'googlemail.com']);

/** The address behind an alias, so that one person is not many (CP9): without +tag, and without Gmail's dots. */
export function unaliasEmail(email: string): string {
  const at = email.lastIndexOf('@');
  const [name, domain] = [email.slice(0, at).toLowerCase(), email.slice(at + 1).toLowerCase()];
  const base = name.split('+')[0] || name;
  return DOTLESS.has(domain) ? `${base.replaceAll('.', '')}@gmail.com` : `${base}@${domain}`;
}
