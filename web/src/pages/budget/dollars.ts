/** Money as a person reads it: probes cost fractions of a cent, which must not read as nothing. */
export function dollars(value: number, locale: string): string {
  const digits = value === 0 || value >= 1 ? 2 : value >= 0.01 ? 3 : 6;
  return value.toLocaleString(locale, { style: "currency", currency: "USD", currencyDisplay: "narrowSymbol", minimumFractionDigits: 2, maximumFractionDigits: digits });
}
