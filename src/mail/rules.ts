import { type MailKind, type MailLocale, mailLocales, TEXTS } from './texts.ts';

export type MailContent = { subject: string; text: string; html: string };
export type MailInput = {
  kind: MailKind;
  locale: string | null;
  /** null in a mail that only tells something. */
  token: string | null;
  /** Where the button leads; without it the mail shows only the token and the call that takes it. */
  link: string | null;
  call: string | null;
  values?: Readonly<Record<string, string>>;
};

/** The mail in the language of its reader, as plain text and as HTML. */
export function renderMail({ kind, locale, token, link, call, values = {} }: MailInput): MailContent {
  const { subject, lines, button, after } = TEXTS[chooseLocale(locale)][kind];
  const fill = (text: string) => text.replace(/\{(\w+)\}/g, (_whole, name: string) => oneLine(values[name] ?? ''));
  const before = lines.map(fill);
  const end = after.map(fill);
  return {
    subject: fill(subject),
    text: [...before, '', ...(link ? [link, ''] : []), ...(token ? [`  ${token}`, '', call, ''] : []), ...end].join(
      '\n',
    ),
    html: [
      ...before.map(paragraph),
      ...(link ? [`<p><a href="${escapeHtml(link)}">${escapeHtml(button)}</a></p>`] : []),
      ...(token ? [`<p><code>${escapeHtml(token)}</code><br><small>${escapeHtml(call ?? '')}</small></p>`] : []),
      ...end.map(paragraph),
    ].join('\n'),
  };
}

/** The first of ours that the language tag begins with. */
export function chooseLocale(tag: string | null): MailLocale {
  const language = tag?.toLowerCase().split('-')[0];
  return mailLocales.find((one) => one === language) ?? 'en';
}

// A brand's name is free text: it must not add lines to the mail.
function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ');
}

function paragraph(text: string): string {
  return `<p>${escapeHtml(text)}</p>`;
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}
