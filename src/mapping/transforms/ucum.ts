/**
 * Units of measure by UCUM (the Unified Code for Units of Measure, ucum.org, version 2.1): the units that clinical data
 * carry, with the standard's own definitions, and expressions of them (`mg/dL`, `10*3/uL`, `kg/m2`). Each unit is a factor
 * over seven dimensions.
 */

/** Metre, gram, second, kelvin, mole (with particles), international or arbitrary unit, ampere. */
type Dimensions = readonly [number, number, number, number, number, number, number];

export interface Unit {
  readonly factor: number;
  readonly dimensions: Dimensions;
  /** Degrees: what is added before the factor, to reach kelvin. */
  readonly offset?: number;
}

const NONE: Dimensions = [0, 0, 0, 0, 0, 0, 0];
const unit = (factor: number, dimensions: Dimensions = NONE, offset?: number): Unit =>
  offset === undefined ? { factor, dimensions } : { factor, dimensions, offset };

const LENGTH: Dimensions = [1, 0, 0, 0, 0, 0, 0];
const MASS: Dimensions = [0, 1, 0, 0, 0, 0, 0];
const TIME: Dimensions = [0, 0, 1, 0, 0, 0, 0];
const HEAT: Dimensions = [0, 0, 0, 1, 0, 0, 0];
const AMOUNT: Dimensions = [0, 0, 0, 0, 1, 0, 0];
const POTENCY: Dimensions = [0, 0, 0, 0, 0, 1, 0];
const VOLUME: Dimensions = [3, 0, 0, 0, 0, 0, 0];
const PRESSURE: Dimensions = [-1, 1, -2, 0, 0, 0, 0];
const ENERGY: Dimensions = [2, 1, -2, 0, 0, 0, 0];

/** Take prefixes: m, k, u … */
const METRIC: Readonly<Record<string, Unit>> = {
  m: unit(1, LENGTH),
  g: unit(1, MASS),
  s: unit(1, TIME),
  K: unit(1, HEAT),
  mol: unit(1, AMOUNT),
  eq: unit(1, AMOUNT),
  osm: unit(1, AMOUNT),
  L: unit(1e-3, VOLUME),
  l: unit(1e-3, VOLUME),
  Pa: unit(1e3, PRESSURE),
  bar: unit(1e8, PRESSURE),
  'm[H2O]': unit(9.80665e6, PRESSURE),
  'm[Hg]': unit(1.33322e8, PRESSURE),
  J: unit(1e3, ENERGY),
  cal: unit(4184, ENERGY),
  N: unit(1e3, [1, 1, -2, 0, 0, 0, 0]),
  W: unit(1e3, [2, 1, -3, 0, 0, 0, 0]),
  Hz: unit(1, [0, 0, -1, 0, 0, 0, 0]),
  kat: unit(1, [0, 0, -1, 0, 1, 0, 0]),
  // Enzyme unit: a micromole a minute.
  U: unit(1e-6 / 60, [0, 0, -1, 0, 1, 0, 0]),
  '[IU]': unit(1, POTENCY),
  '[iU]': unit(1, POTENCY),
  A: unit(1, [0, 0, 0, 0, 0, 0, 1]),
  Gy: unit(1, [2, 0, -2, 0, 0, 0, 0]),
  Sv: unit(1, [2, 0, -2, 0, 0, 0, 0]),
  Bq: unit(1, [0, 0, -1, 0, 0, 0, 0]),
};

const OTHER: Readonly<Record<string, Unit>> = {
  '1': unit(1),
  '%': unit(0.01),
  '[ppm]': unit(1e-6),
  '[ppb]': unit(1e-9),
  min: unit(60, TIME),
  h: unit(3_600, TIME),
  d: unit(86_400, TIME),
  wk: unit(604_800, TIME),
  mo: unit(2_629_800, TIME),
  a: unit(31_557_600, TIME),
  '[in_i]': unit(0.0254, LENGTH),
  '[ft_i]': unit(0.3048, LENGTH),
  '[yd_i]': unit(0.9144, LENGTH),
  '[mi_i]': unit(1_609.344, LENGTH),
  '[lb_av]': unit(453.59237, MASS),
  '[oz_av]': unit(28.349523125, MASS),
  '[gr]': unit(0.06479891, MASS),
  '[stone_av]': unit(6_350.29318, MASS),
  t: unit(1e6, MASS),
  '[gal_us]': unit(3.785411784e-3, VOLUME),
  '[qt_us]': unit(9.46352946e-4, VOLUME),
  '[pt_us]': unit(4.73176473e-4, VOLUME),
  '[cup_us]': unit(2.365882365e-4, VOLUME),
  '[foz_us]': unit(2.95735295625e-5, VOLUME),
  '[tbs_us]': unit(1.478676478125e-5, VOLUME),
  '[tsp_us]': unit(4.92892159375e-6, VOLUME),
  '[drp]': unit(5e-8, VOLUME),
  '[psi]': unit(6_894_757.293168, PRESSURE),
  atm: unit(101_325_000, PRESSURE),
  Cel: unit(1, HEAT, 273.15),
  '[degF]': unit(5 / 9, HEAT, 459.67),
};

const PREFIXES: Readonly<Record<string, number>> = {
  G: 1e9,
  M: 1e6,
  k: 1e3,
  h: 1e2,
  da: 1e1,
  d: 1e-1,
  c: 1e-2,
  m: 1e-3,
  u: 1e-6,
  µ: 1e-6,
  n: 1e-9,
  p: 1e-12,
  f: 1e-15,
};

/** How units are written by people, and what UCUM writes; in small letters, without blanks and points. */
const NAMES: Readonly<Record<string, string>> = {
  lb: '[lb_av]',
  lbs: '[lb_av]',
  pound: '[lb_av]',
  pounds: '[lb_av]',
  oz: '[oz_av]',
  ounce: '[oz_av]',
  ounces: '[oz_av]',
  kgs: 'kg',
  kilogram: 'kg',
  kilograms: 'kg',
  gram: 'g',
  grams: 'g',
  gm: 'g',
  mcg: 'ug',
  microgram: 'ug',
  micrograms: 'ug',
  milligram: 'mg',
  milligrams: 'mg',
  in: '[in_i]',
  inch: '[in_i]',
  inches: '[in_i]',
  ft: '[ft_i]',
  feet: '[ft_i]',
  foot: '[ft_i]',
  cms: 'cm',
  centimeter: 'cm',
  centimeters: 'cm',
  meter: 'm',
  meters: 'm',
  c: 'Cel',
  degc: 'Cel',
  '°c': 'Cel',
  celsius: 'Cel',
  f: '[degF]',
  degf: '[degF]',
  '°f': '[degF]',
  fahrenheit: '[degF]',
  mmhg: 'mm[Hg]',
  cmh2o: 'cm[H2O]',
  bpm: '/min',
  'beats/min': '/min',
  'breaths/min': '/min',
  'br/min': '/min',
  ml: 'mL',
  dl: 'dL',
  ul: 'uL',
  liter: 'L',
  liters: 'L',
  litre: 'L',
  cc: 'cm3',
  floz: '[foz_us]',
  tsp: '[tsp_us]',
  tbsp: '[tbs_us]',
  'mg/dl': 'mg/dL',
  'g/dl': 'g/dL',
  'mmol/l': 'mmol/L',
  'umol/l': 'umol/L',
  'meq/l': 'meq/L',
  'iu/l': '[IU]/L',
  'u/l': 'U/L',
  'ng/ml': 'ng/mL',
  'pg/ml': 'pg/mL',
  'mcg/dl': 'ug/dL',
  'mcg/ml': 'ug/mL',
  'miu/l': 'm[IU]/L',
  'uiu/ml': 'u[IU]/mL',
  'ml/min': 'mL/min',
  'l/min': 'L/min',
  'ml/h': 'mL/h',
  'ml/hr': 'mL/h',
  'k/ul': '10*3/uL',
  'm/ul': '10*6/uL',
  'thou/ul': '10*3/uL',
  'x10e3/ul': '10*3/uL',
  'x10e6/ul': '10*6/uL',
  '10^3/ul': '10*3/uL',
  '10^6/ul': '10*6/uL',
  'x10^3/ul': '10*3/uL',
  'x10^9/l': '10*9/L',
  '10^9/l': '10*9/L',
  '10e3/ul': '10*3/uL',
  'ml/min/1.73m2': 'mL/min/{1.73_m2}',
  'kg/m²': 'kg/m2',
  sec: 's',
  secs: 's',
  seconds: 's',
  minute: 'min',
  minutes: 'min',
  hr: 'h',
  hrs: 'h',
  hour: 'h',
  hours: 'h',
  day: 'd',
  days: 'd',
  week: 'wk',
  weeks: 'wk',
  month: 'mo',
  months: 'mo',
  year: 'a',
  years: 'a',
  yr: 'a',
  yrs: 'a',
  percent: '%',
  pct: '%',
};

/** A unit as people write it, as UCUM writes it; `undefined`: not known. */
export function ucumCode(written: string): string | undefined {
  const plain = written.trim();
  if (plain.length > 60) return undefined;
  const key = plain
    .toLowerCase()
    .replace(/\s|\.(?!\d)/g, '')
    .replaceAll('µ', 'u')
    .replaceAll('μ', 'u');
  // K/uL is written for thousands and never for kelvin: names that people use go first.
  if (Object.hasOwn(NAMES, key)) return NAMES[key];
  return unitOf(plain) === undefined ? undefined : plain;
}

const parsed = new Map<string, Unit | undefined>();

/** The unit of a UCUM expression: terms with `.` and `/`, powers, `10*3`, `{annotations}`. */
export function unitOf(code: string): Unit | undefined {
  if (parsed.has(code)) return parsed.get(code);
  const found = code.length > 60 ? undefined : expression(code);
  if (parsed.size >= 2_000) parsed.clear();
  parsed.set(code, found);
  return found;
}

function expression(code: string): Unit | undefined {
  let factor = 1;
  let dimensions: Dimensions = NONE;
  let offset: number | undefined;
  const plain = code.replace(/\{[^{}]*\}/g, (_, at: number) =>
    at === 0 || /[./]/.test(code[at - 1] as string) ? '1' : '',
  );
  const terms = plain.match(/(^|[./])[^./]+/g);
  if (terms === null || terms.join('') !== plain) return undefined;
  for (const term of terms) {
    const divides = term.startsWith('/');
    const found = powered(term.replace(/^[./]/, ''));
    if (found === undefined) return undefined;
    if (found.offset !== undefined && terms.length > 1) return undefined;
    offset = found.offset;
    factor = divides ? factor / found.factor : factor * found.factor;
    dimensions = dimensions.map(
      (each, index) => each + (divides ? -1 : 1) * (found.dimensions[index] as number),
    ) as unknown as Dimensions;
  }
  return unit(factor, dimensions, offset);
}

function powered(term: string): Unit | undefined {
  const ten = /^10[*^](-?\d{1,2})$/.exec(term);
  if (ten !== null) return unit(10 ** Number(ten[1]));
  const whole = atom(term);
  if (whole !== undefined) return whole;
  const match = /^(.*?[^\d-])(-?\d)$/.exec(term);
  if (match === null) return undefined;
  const base = atom(match[1] as string);
  const power = Number(match[2]);
  if (base === undefined || base.offset !== undefined) return undefined;
  return unit(base.factor ** power, base.dimensions.map((each) => each * power) as unknown as Dimensions);
}

function atom(name: string): Unit | undefined {
  if (Object.hasOwn(OTHER, name)) return OTHER[name];
  if (Object.hasOwn(METRIC, name)) return METRIC[name];
  for (const length of [1, 2]) {
    const [prefix, rest] = [name.slice(0, length), name.slice(length)];
    const found = Object.hasOwn(METRIC, rest) ? METRIC[rest] : undefined;
    if (found !== undefined && Object.hasOwn(PREFIXES, prefix))
      return unit((PREFIXES[prefix] as number) * found.factor, found.dimensions);
  }
  return undefined;
}

/**
 * A value of one unit in another. Between mass and amount of substance only with a molar mass (g/mol).
 * `undefined`: the two do not measure the same.
 */
export function converted(value: number, from: Unit, to: Unit, molarMass?: number): number | undefined {
  const [a, b] = [from.dimensions, to.dimensions];
  const differs = a.some((each, index) => each !== b[index]);
  let factor = from.factor / to.factor;
  if (differs) {
    if (molarMass === undefined) return undefined;
    const moles = (b[4] as number) - (a[4] as number);
    if ((a[1] as number) - (b[1] as number) !== moles) return undefined;
    if (a.some((each, index) => index !== 1 && index !== 4 && each !== b[index])) return undefined;
    factor *= molarMass ** -moles;
  }
  if (from.offset === undefined && to.offset === undefined) return value * factor;
  return ((value + (from.offset ?? 0)) * from.factor) / to.factor - (to.offset ?? 0);
}
