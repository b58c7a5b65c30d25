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
