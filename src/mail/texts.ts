export const mailLocales = ['en', 'de'] as const;
export type MailLocale = (typeof mailLocales)[number];
export const mailKinds = [
  'verify_email',
  'reset_password',
  'invitation',
  'quota_warning',
  'quota_exceeded',
  'webhook_failing',
  'webhook_gone',
  'coupon_paused',
] as const;
export type MailKind = (typeof mailKinds)[number];

/** One mail: `lines` come before the token, if there is one, `after` behind it. Words in braces are filled in. */
export type MailText = { subject: string; lines: string[]; button: string; after: string[] };

/** Every text that is mailed, by language. A missing translation does not compile. */
export const TEXTS: Readonly<Record<MailLocale, Readonly<Record<MailKind, MailText>>>> = {
  en: {
    verify_email: {
      subject: 'Confirm your e-mail address',
      lines: ['Please confirm that this address is yours.'],
      button: 'Confirm',
      after: ['This works once, for 24 hours. If you did not register, ignore this mail.'],
    },
    reset_password: {
      subject: 'Set a new password',
      lines: ['Somebody, probably you, asked to set a new password for this address.'],
      button: 'Set a new password',
      after: ['This works once, for one hour, and ends every session. If it was not you, ignore this mail.'],
    },
    invitation: {
      subject: 'Join the team of {brand}',
      lines: [
        'You are invited to join the team of {brand} as {role}.',
        'Sign in, or register, with this e-mail address and accept.',
      ],
      button: 'Accept the invitation',
      after: ['The invitation is good for 7 days. If you did not expect it, ignore this mail.'],
    },
    quota_warning: {
      subject: '{brand}: 80 % of the requests of this month are used',
      lines: ['The API keys of {brand} have used 80 % of the {limit} requests a month of the plan {plan}.'],
      button: '',
      after: ['When they are used up, requests with these keys are refused until the next month begins (UTC).'],
    },
    quota_exceeded: {
      subject: '{brand}: the requests of this month are used up',
      lines: ['The API keys of {brand} have used the {limit} requests a month of the plan {plan}.'],
      button: '',
      after: ['Requests with these keys are refused until the next month begins (UTC), or the plan is changed.'],
    },
    webhook_failing: {
      subject: '{brand}: a webhook endpoint is disabled',
      lines: [
        'For five days no message to {url} was delivered. The endpoint is disabled: nothing is sent there any more.',
      ],
      button: '',
      after: ['When it works again, enable it, and recover what it has missed. Events are kept for 90 days.'],
    },
    webhook_gone: {
      subject: '{brand}: a webhook endpoint is disabled',
      lines: ['{url} has answered that it is gone (410). The endpoint is disabled: nothing is sent there any more.'],
      button: '',
      after: ['If that was a mistake, enable it, and recover what it has missed. Events are kept for 90 days.'],
    },
    coupon_paused: {
      subject: '{brand}: a coupon is paused',
      lines: [
        'The coupon “{coupon}” was redeemed {count} times within an hour, far more often than before. It is paused: nobody can use it now.',
      ],
      button: '',
      after: ['If all is well, end the pause: it is not paused again for being redeemed as often.'],
    },
  },
  de: {
    verify_email: {
      subject: 'Bestätige deine E-Mail-Adresse',
      lines: ['Bitte bestätige, dass diese Adresse dir gehört.'],
      button: 'Bestätigen',
      after: ['Das geht einmal und 24 Stunden lang. Wenn du dich nicht registriert hast, ignoriere diese Mail.'],
    },
    reset_password: {
      subject: 'Neues Passwort setzen',
      lines: ['Jemand, vermutlich du, möchte für diese Adresse ein neues Passwort setzen.'],
      button: 'Neues Passwort setzen',
      after: [
        'Das geht einmal, eine Stunde lang, und beendet alle Sitzungen. Warst du es nicht, ignoriere diese Mail.',
      ],
    },
    invitation: {
      subject: 'Einladung ins Team von {brand}',
      lines: [
        'Du bist eingeladen, dem Team von {brand} als {role} beizutreten.',
        'Melde dich mit dieser E-Mail-Adresse an, oder registriere dich, und nimm an.',
      ],
      button: 'Einladung annehmen',
      after: ['Die Einladung gilt 7 Tage. Wenn du sie nicht erwartet hast, ignoriere diese Mail.'],
    },
    quota_warning: {
      subject: '{brand}: 80 % der Anfragen dieses Monats sind verbraucht',
      lines: ['Die API-Schlüssel von {brand} haben 80 % der {limit} Anfragen im Monat des Tarifs {plan} verbraucht.'],
      button: '',
      after: ['Sind sie verbraucht, werden Anfragen mit diesen Schlüsseln bis zum nächsten Monat (UTC) abgelehnt.'],
    },
    quota_exceeded: {
      subject: '{brand}: Die Anfragen dieses Monats sind verbraucht',
      lines: ['Die API-Schlüssel von {brand} haben die {limit} Anfragen im Monat des Tarifs {plan} verbraucht.'],
      button: '',
      after: [
        'Anfragen mit diesen Schlüsseln werden bis zum nächsten Monat (UTC) abgelehnt, oder bis der Tarif wechselt.',
      ],
    },
    webhook_failing: {
      subject: '{brand}: Ein Webhook-Endpunkt ist abgeschaltet',
      lines: [
        'Seit fünf Tagen kam keine Nachricht an {url} an. Der Endpunkt ist abgeschaltet: Dorthin wird nichts mehr gesendet.',
      ],
      button: '',
      after: ['Wenn er wieder geht, schalte ihn ein und hole nach, was er verpasst hat. Ereignisse bleiben 90 Tage.'],
    },
    webhook_gone: {
      subject: '{brand}: Ein Webhook-Endpunkt ist abgeschaltet',
      lines: [
        '{url} hat geantwortet, dass es ihn nicht mehr gibt (410). Der Endpunkt ist abgeschaltet: Dorthin wird nichts mehr gesendet.',
      ],
      button: '',
      after: ['War das ein Versehen, schalte ihn ein und hole nach, was er verpasst hat. Ereignisse bleiben 90 Tage.'],
    },
    coupon_paused: {
      subject: '{brand}: Ein Gutschein ist angehalten',
      lines: [
        'Der Gutschein „{coupon}“ wurde binnen einer Stunde {count}-mal eingelöst, weit öfter als zuvor. Er ist angehalten: Niemand kann ihn jetzt benutzen.',
      ],
      button: '',
      after: ['Ist alles in Ordnung, setze ihn fort: Für ebenso viele Einlösungen wird er nicht wieder angehalten.'],
    },
  },
};
