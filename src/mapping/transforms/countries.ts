/**
 * Numbering plans of countries: calling code, the trunk prefix that is dialled inside and left out from outside, and how
 * many digits a national number has. From ITU-T E.164 (list of assigned country codes) and the plans that countries
 * published under E.129.
 */
interface Plan {
  readonly code: string;
  readonly trunk: string;
  readonly least: number;
  readonly most: number;
}

const plan = (code: string, trunk: string, least: number, most = least): Plan => ({
  code,
  trunk,
  least,
  most,
});

export const COUNTRIES: ReadonlyMap<string, Plan> = new Map([
  ['US', plan('1', '1', 10)],
  ['CA', plan('1', '1', 10)],
  ['PR', plan('1', '1', 10)],
  ['MX', plan('52', '', 10)],
  ['BR', plan('55', '0', 10, 11)],
  ['GB', plan('44', '0', 9, 10)],
  ['IE', plan('353', '0', 7, 9)],
  ['DE', plan('49', '0', 6, 11)],
  ['AT', plan('43', '0', 7, 13)],
  ['CH', plan('41', '0', 9)],
  ['NL', plan('31', '0', 9)],
  ['BE', plan('32', '0', 8, 9)],
  ['FR', plan('33', '0', 9)],
  ['ES', plan('34', '', 9)],
  ['PT', plan('351', '', 9)],
  ['IT', plan('39', '', 8, 11)],
  ['DK', plan('45', '', 8)],
  ['NO', plan('47', '', 8)],
  ['SE', plan('46', '0', 7, 10)],
  ['FI', plan('358', '0', 6, 11)],
  ['PL', plan('48', '', 9)],
  ['AU', plan('61', '0', 9)],
  ['NZ', plan('64', '0', 8, 10)],
  ['IN', plan('91', '0', 10)],
  ['JP', plan('81', '0', 9, 10)],
  ['SG', plan('65', '', 8)],
  ['AE', plan('971', '0', 8, 9)],
  ['SA', plan('966', '0', 8, 9)],
  ['IL', plan('972', '0', 8, 9)],
  ['ZA', plan('27', '0', 9)],
]);

/** Calling code and national number, of digits as they are written in the country; `undefined`: it can be none. */
export function nationalNumber(digits: string, country: string): string | undefined {
  const known = COUNTRIES.get(country);
  if (known === undefined) return undefined;
  const { code, trunk, least, most } = known;
  const fits = (national: string): boolean => national.length >= least && national.length <= most;
  if (code === '1') {
    const national = digits.length === 11 && digits.startsWith('1') ? digits.slice(1) : digits;
    // Area codes and exchanges of the North American plan begin with 2 to 9.
    return /^[2-9]\d{2}[2-9]\d{6}$/.test(national) ? `1${national}` : undefined;
  }
  const national = trunk !== '' && digits.startsWith(trunk) ? digits.slice(trunk.length) : digits;
  if (fits(national)) return `${code}${national}`;
  return digits.startsWith(code) && fits(digits.slice(code.length)) ? digits : undefined;
}
