/** Base units of a decimal text; null where it has more places than there are, or is no number. */
export function toUnits(text: string, places: number): bigint | null {
  const found = /^(\d{1,78})(?:\.(\d{1,78}))?$/.exec(text);
  if (!found) return null;
  const [, whole = '0', fraction = ''] = found;
  const significant = fraction.replace(/0+$/, '');
  return significant.length > places ? null : BigInt(whole + significant.padEnd(places, '0'));
}

/** The decimal text of base units, without zeros at its end. */
export function fromUnits(units: bigint, places: number): string {
  const sign = units < 0n ? '-' : '';
  const digits = (units < 0n ? -units : units).toString().padStart(places + 1, '0');
  const whole = digits.slice(0, digits.length - places);
  const fraction = places === 0 ? '' : digits.slice(-places).replace(/0+$/, '');
  return `${sign}${whole}${fraction && `.${fraction}`}`;
}

/** Divides rounding up. */
export function divideUp(dividend: bigint, divisor: bigint): bigint {
  return (dividend + divisor - 1n) / divisor;
}

const MOST_WHOLE = 18;
const MOST_PLACES = 36;

/** A number as JSON writes it, also with an exponent, as decimal text; null where it is none, or of unlikely size. */
export function plainDecimal(text: string): string | null {
  const found = /^(\d{1,60})(?:\.(\d{1,60}))?(?:e([+-]?\d{1,3}))?$/i.exec(text);
  if (!found) return null;
  const [, whole = '', fraction = '', exponent = '0'] = found;
  const shift = Number(exponent);
  const digits = `${'0'.repeat(Math.max(0, -shift))}${whole}${fraction}${'0'.repeat(Math.max(0, shift - fraction.length))}`;
  const point = Math.max(0, -shift) + whole.length + shift;
  const before = digits.slice(0, point).replace(/^0+(?=\d)/, '') || '0';
  const after = digits.slice(point).replace(/0+$/, '');
  if (before.length > MOST_WHOLE || after.length > MOST_PLACES) return null;
  return after === '' ? before : `${before}.${after}`;
}
