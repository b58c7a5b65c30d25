import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createMailer } from '#src/clients/mail.ts';
import { renderMail } from '#src/mail/rules.ts';

const received: { from: string; to: string[]; text: string }[] = [];
const server = new SMTPServer({
  authOptional: true,
  disabledCommands: ['STARTTLS'],
  onData(stream, session, done) {
    let text = '';
    stream.on('data', (chunk) => {
      text += chunk;
    });
    stream.on('end', () => {
      const { mailFrom, rcptTo } = session.envelope;
      received.push({ from: mailFrom ? mailFrom.address : '', to: rcptTo.map(({ address }) => address), text });
      done();
    });
  },
});
const log = { info: () => {} };
let url: string;

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  url = `smtp://127.0.0.1:${(server.server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise<void>((resolve) => server.close(() => resolve())));

const mail = {
  to: 'grace@example.com',
  ...renderMail({
    kind: 'invitation',
    locale: 'en-GB',
    token: 'tti_secret',
    link: 'https://app.example.com/invitations/T?token=tti_secret',
    call: 'POST https://api.example.com/api/v1/tenants/T/team/accept',
    values: { brand: 'Acme <b>\r\nBcc: eve@example.com', role: 'staff' },
  }),
};

it('an invitation goes over SMTP, and the name of a brand adds no header', async () => {
  const mailer = createMailer(url, 'TTConnect <no-reply@example.com>', log);
  await mailer.send(mail);
  mailer.close();
  expect(received).toHaveLength(1);
  expect(received[0]).toMatchObject({ from: 'no-reply@example.com', to: ['grace@example.com'] });
  expect(received[0]?.text).toContain('tti_secret');
  expect(received[0]?.text).toContain('https://api.example.com/api/v1/tenants/T/team/accept');
  expect(received[0]?.text).not.toMatch(/^Bcc:/m);
  expect(received[0]?.text).toContain('Content-Type: text/html');
  expect(received[0]?.text).toContain('Acme &lt;b&gt;');
});

it('a mail server that is down is a 503, not a mystery', async () => {
  const mailer = createMailer('smtp://127.0.0.1:1', 'no-reply@example.com', log);
  await expect(mailer.send(mail)).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE', statusCode: 503 });
  mailer.close();
});
