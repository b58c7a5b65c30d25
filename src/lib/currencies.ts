const THREE_DECIMALS = new Set(['BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND']);

/** In which steps of its minor unit a currency is charged: card networks take three decimals in steps of ten. */
export function stepOf(currency: string): number {
  return THREE_DECIMALS.has(currency) ? 10 : 1;
}
