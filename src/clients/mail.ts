import type { Transporter } from 'nodemailer';
import { AppError, SERVICE_UNAVAILABLE } from '../lib/errors.ts';

export type Mail = { to: string; subject: string; text: string; html: string };
export type Mailer = { send: (mail: Mail) => Promise<void>; close: () => void };

type MailLog = { info(fields: object, message: string): void };

/** Over SMTP when `smtpUrl` is given; else, in development, the mail goes to the log. */
export function createMailer(smtpUrl: string | undefined, from: string, log: MailLog): Mailer {
  if (!smtpUrl) {
    return {
      send: async ({ html: _html, ...mail }) =>
        log.info({ mail: { from, ...mail } }, 'mail (no SMTP_URL is set, so it goes to the log)'),
      close: () => {},
    };
  }
  // Loaded with the first mail: most processes send none for a long time.
  let transport: Promise<Transporter> | undefined;
  return {
    send: async (mail) => {
      transport ??= connect(smtpUrl, from);
      try {
        await (await transport).sendMail(mail);
      } catch (cause) {
        throw new AppError(SERVICE_UNAVAILABLE, { reason: 'mail_unavailable' }, { cause });
      }
    },
    close: () => void transport?.then((opened) => opened.close()),
  };
}

async function connect(url: string, from: string): Promise<Transporter> {
  const { createTransport } = await import('nodemailer');
  return createTransport({ url, connectionTimeout: 5_000, greetingTimeout: 5_000, socketTimeout: 10_000 }, { from });
}
