import { describe, expect, it } from 'vitest';
import { chooseLocale, renderMail } from '#src/mail/rules.ts';
import { mailKinds, mailLocales, TEXTS } from '#src/mail/texts.ts';

const TOKEN = 'ttm_aA0-_zZ9';
const LINK = `https://app.example.com/verify-email?a=1&token=${TOKEN}`;
const CALL = 'POST https://api.example.com/api/v1/auth/email/verify';
const input = { locale: null, token: TOKEN, link: LINK, call: CALL, values: { brand: 'Acme', role: 'staff' } };
const each = mailLocales.flatMap((locale) => mailKinds.map((kind) => ({ locale, kind })));

describe('the language of a mail', () => {
  it.each([
    [null, 'en'],
    ['', 'en'],
    ['de', 'de'],
    ['de-AT', 'de'],
    ['DE-ch', 'de'],
    ['en-GB', 'en'],
    ['fr', 'en'],
    ['den', 'en'],
  ])('for %s is %s', (tag, locale) => {
    expect(chooseLocale(tag)).toBe(locale);
  });
});

describe('a mail', () => {
  it.each(each)('of kind $kind in $locale has the token, the link and the call, and nothing left to fill in', (one) => {
    const { subject, text, html } = renderMail({ ...input, ...one });
    expect(subject).not.toBe('');
    for (const part of [TOKEN, LINK, CALL]) expect(text).toContain(part);
    expect(html).toContain(`<code>${TOKEN}</code>`);
    expect(html).toContain(`href="${LINK.replace('&', '&amp;')}"`);
    expect(`${subject}${text}${html}`).not.toMatch(/[{}]|undefined|null/);
  });

  it.each(mailKinds)('of kind %s is another text in each language', (kind) => {
    const texts = mailLocales.map((locale) => renderMail({ ...input, kind, locale }));
    expect(new Set(texts.map(({ subject }) => subject)).size).toBe(mailLocales.length);
    expect(new Set(texts.map(({ text }) => text)).size).toBe(mailLocales.length);
  });

  it('fills in the same words in each language', () => {
    const words = (text: object) => [...new Set(JSON.stringify(text).match(/\{\w+\}/g))].sort();
    for (const kind of mailKinds) {
      expect(new Set(mailLocales.map((locale) => words(TEXTS[locale][kind]).join())).size, kind).toBe(1);
    }
  });

  it('has no link where the brand has no app', () => {
    const { text, html } = renderMail({ ...input, kind: 'verify_email', link: null });
    expect(html).not.toContain('<a ');
    expect(text).not.toContain('https://app.example.com');
    expect(text).toContain(TOKEN);
  });

  it('escapes what a brand calls itself in HTML, and leaves it as it is in plain text', () => {
    const brand = `<img src=x onerror="alert('1')"> & Co`;
    const { subject, text, html } = renderMail({ ...input, kind: 'invitation', values: { brand, role: 'staff' } });
    expect(html).not.toContain('<img');
    expect(html).toContain('&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt; &amp; Co');
    expect(text).toContain(brand);
    expect(subject).toContain(brand);
  });

  it('gets no line from the name of a brand, and does not fill in what stands in it', () => {
    const brand = 'Acme\r\nBcc: eve@example.com\u2028{role}';
    const { subject, text } = renderMail({ ...input, kind: 'invitation', values: { brand, role: 'staff' } });
    expect(subject).not.toMatch(/[\r\n\u2028]/);
    expect(subject).toContain('Acme Bcc: eve@example.com {role}');
    expect(text).not.toMatch(/^Bcc:/m);
  });
});
