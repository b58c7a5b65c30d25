import { z } from 'zod';

/** The field of an unknown kind of text: 400 rather than something that the database cannot store exactly. */
const STORABLE = 'must be well-formed Unicode without NUL';
const isStorable = (text: string) => text.isWellFormed() && !text.includes('\u0000');

export const Id = z.uuid().meta({ description: 'UUIDv7', example: '019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071' });

/** An id in a path: any spelling of a UUID, read as lower case. */
export const IdParam = z.uuid().toLowerCase().meta({ example: '019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071' });

export const Timestamp = z
  .codec(z.iso.datetime({ precision: 3 }), z.date(), {
    decode: (text) => new Date(text),
    encode: (instant) => instant.toISOString(),
  })
  .meta({ description: 'RFC 3339 in UTC with milliseconds', example: '2026-11-23T14:15:16.123Z' });

/** An instant in a body: any spelling of RFC 3339, with any offset. */
export const InstantInput = z.iso
  .datetime({ offset: true })
  .refine((text) => text >= '1971' && text < '9000', 'must be from 1971 to 8999')
  .transform((text) => new Date(text))
  .meta({ description: 'RFC 3339, with any offset', example: '2027-11-23T00:00:00Z' });

/** Text that says something: stored exactly as given. */
export const text = (max: number) =>
  z.string().min(1).max(max).regex(/\S/, 'must not be blank').refine(isStorable, STORABLE);

export const emailAddress = z
  .string()
  .max(254)
  .refine(isStorable, STORABLE)
  .transform((email) => email.normalize('NFKC').trim().toLowerCase())
  .pipe(z.email())
  .meta({ description: 'Compared without regard to case, after Unicode NFKC', example: 'ada@example.com' });

const CURRENCIES = new Set(Intl.supportedValuesOf('currency'));
export const Currency = z
  .string()
  .regex(/^[A-Za-z]{3}$/, 'must be an ISO 4217 currency')
  .toUpperCase()
  .refine((code) => CURRENCIES.has(code), 'must be an ISO 4217 currency')
  .meta({ description: 'ISO 4217, accepted in any case, answered in upper case', example: 'EUR' });

export const Timezone = z
  .string()
  .max(64)
  .refine(isTimezone, 'must be an IANA time zone')
  .meta({ description: 'IANA time zone', example: 'Europe/Berlin' });

export const Locale = z
  .string()
  .max(35)
  .refine(isLocale, 'must be a BCP 47 language tag')
  .meta({ description: 'BCP 47 language tag', example: 'en-GB' });

// ISO 3166-1 as officially assigned: Intl also names reserved, exceptional and private-use codes.
const COUNTRIES = new Set(
  `AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ
  CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO
  FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE
  JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO
  MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW
  PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM
  TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW`.split(/\s+/),
);
export const Country = z
  .string()
  .length(2)
  .toUpperCase()
  .refine((code) => COUNTRIES.has(code), 'must be an ISO 3166-1 alpha-2 country')
  .meta({ description: 'ISO 3166-1 alpha-2', example: 'DE' });

export const webUrl = z
  .url({ protocol: /^https?$/, error: 'must be an http or https URL' })
  .max(2048)
  .refine(isStorable, STORABLE);

/** An object of the client's own, kept as it is: bounded, and free of what JSON or the database would change. */
export const jsonObject = (maxBytes: number) =>
  z
    .record(z.string().max(64), z.unknown())
    .refine(isKeptExactly, 'must hold finite numbers and well-formed Unicode without NUL')
    .refine(
      (object) => Buffer.byteLength(JSON.stringify(object)) <= maxBytes,
      `must be at most ${maxBytes} bytes of JSON`,
    );

/** Paging by key: pass `meta.nextCursor` back as `cursor`. */
export const PageQuery = z.object({
  limit: z
    .string()
    .refine((digits) => /^\d{1,4}$/.test(digits), 'must be a whole number')
    .transform(Number)
    .refine((limit) => limit >= 1 && limit <= 100, 'must be from 1 to 100')
    .default(20)
    // Text on the wire, a number for whoever reads the document.
    .meta({ description: 'Rows a page', type: 'integer', minimum: 1, maximum: 100, default: 20, example: 20 }),
  cursor: z.string().min(1).max(200).optional().meta({ description: 'The nextCursor of the page before' }),
});
export type PageQuery = z.output<typeof PageQuery>;

function isKeptExactly(value: unknown): boolean {
  if (typeof value === 'string') return isStorable(value);
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([key, item]) => isStorable(key) && isKeptExactly(item));
}

function isTimezone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: name }));
  } catch {
    return false;
  }
}

function isLocale(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length === 1;
  } catch {
    return false;
  }
}
