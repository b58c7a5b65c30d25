const THREE_DECIMALS = new Set(['BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND']);

/** In which steps of its minor unit a currency is charged: card networks take three decimals in steps of ten. */
export function stepOf(currency: string): number {
  return THREE_DECIMALS.has(currency) ? 10 : 1;
}

const NO_DECIMALS = new Set([
  ...[
    'BIF',
    'CLP',
    'DJF',
    'GNF',
    'ISK',
    'JPY',
    'KMF',
    'KRW',
    'PYG',
    'RWF',
    'UGX',
    'UYI',
    'VND',
    'VUV',
    'XAF',
    'XOF',
    'XPF',
  ],
]);

/** How many decimals the minor unit of a currency is, by ISO 4217. */
export function decimalsOfCurrency(currency: string): number {
  if (NO_DECIMALS.has(currency)) return 0;
  return THREE_DECIMALS.has(currency) ? 3 : 2;
}
