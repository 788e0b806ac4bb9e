/** Telephone numbers and addresses for mail. */
import { COUNTRIES, nationalNumber } from './countries.ts';
import { type Catalogue, hasOnly, isText, own, plain, refuse, text } from './transform.ts';

const isCountry = (value: unknown): boolean => typeof value === 'string' && COUNTRIES.has(value);
const countryAbout = `a country of numbers that are written without one (${[...COUNTRIES.keys()].join(', ')}); left out: US`;
const countryOrNone = (value: unknown): boolean => value === undefined || isCountry(value);

export const contacts: Catalogue = {
  digits: {
    about: 'A telephone number’s digits, with a leading + if there is one, without an extension.',
    examples: [{ from: '(608) 555-0100 x12', gives: '6085550100' }],
    make: plain((value) => {
      const { number } = withoutExtension(text(value));
      return `${/^\s*\+/.test(number) ? '+' : ''}${number.replace(/\D/g, '')}`;
    }),
  },
  phone: {
    about:
      'A telephone number in E.164: +16085550100. One that cannot be a number of its country is refused.',
    with: { about: countryAbout, fits: countryOrNone },
    examples: [
      { from: '(608) 555-0100 ext. 12', gives: '+16085550100' },
      { from: '0171 234 5678', with: 'DE', gives: '+491712345678' },
    ],
    make: (country) => (value) => e164(value, country as string | undefined),
  },
  tel: {
    about: 'A telephone number as a tel: link, with its extension.',
    with: { about: countryAbout, fits: countryOrNone },
    examples: [{ from: '608-555-0100 x12', gives: 'tel:+16085550100;ext=12' }],
    make: (country) => (value) => {
      const { extension } = withoutExtension(text(value));
      return `tel:${e164(value, country as string | undefined)}${extension === '' ? '' : `;ext=${extension}`}`;
    },
  },
  phoneText: {
    about: 'A telephone number as people of its country write it; US and Canada: (608) 555-0100.',
    with: { about: countryAbout, fits: countryOrNone },
    examples: [{ from: '+1 608 555 0100', gives: '(608) 555-0100' }],
    make: (country) => (value) => {
      const full = e164(value, country as string | undefined);
      const match = /^\+1(\d{3})(\d{3})(\d{4})$/.exec(full);
      return match === null ? full : `(${match[1]}) ${match[2]}-${match[3]}`;
    },
  },
  email: {
    about: 'An address for mail, its domain in small letters, without mailto: before it.',
    examples: [{ from: ' mailto:Camila@Example.ORG', gives: 'Camila@example.org' }],
    make: plain(address),
  },
  mailto: {
    about: 'An address for mail as a mailto: link.',
    examples: [{ from: 'Camila@Example.org', gives: 'mailto:Camila@example.org' }],
    make: plain((value) => `mailto:${address(value)}`),
  },
  contactPoint: {
    about: 'A telephone number or an address for mail as a FHIR ContactPoint.',
    with: {
      about: '{ use: home, country: US }, both may be left out',
      fits: (value) =>
        value === undefined ||
        (hasOnly(value, ['use', 'country', 'system']) &&
          countryOrNone(own(value, 'country')) &&
          ['use', 'system'].every(
            (key) => own(value, key) === undefined || isText(own(value, key) as never),
          )),
    },
    examples: [
      {
        from: '608-555-0100',
        with: { use: 'home' },
        gives: { system: 'phone', value: '+16085550100', use: 'home' },
      },
      { from: 'c@example.org', gives: { system: 'email', value: 'c@example.org' } },
    ],
    make(argument) {
      const use = own(argument, 'use');
      const system = own(argument, 'system');
      return (value) => {
        const isMail = text(value).includes('@');
        return {
          system: system ?? (isMail ? 'email' : 'phone'),
          value: isMail ? address(value) : e164(value, own(argument, 'country') as string | undefined),
          ...(use === undefined ? {} : { use }),
        };
      };
    },
  },
};

function withoutExtension(written: string): { readonly number: string; readonly extension: string } {
  const whole = written.slice(0, 100);
  const at = whole.search(/(?:x|ext|;ext=|extension|#)[.: ]*\d+\s*$/i);
  if (at <= 0) return { number: whole, extension: '' };
  return { number: whole.slice(0, at), extension: whole.slice(at).replace(/\D/g, '') };
}

function e164(value: unknown, country = 'US'): string {
  const { number } = withoutExtension(text(value).replace(/^\s*tel:/i, ''));
  if (/[A-WYZ]/i.test(number.replace(/ext/gi, ''))) return refuse('a telephone number');
  const digits = number.replace(/\D/g, '');
  const international = /^\s*\+/.test(number)
    ? digits
    : digits.startsWith('00')
      ? digits.slice(2)
      : undefined;
  const full =
    international === undefined
      ? nationalNumber(digits, country)
      : /^[1-9]\d{6,14}$/.test(international)
        ? international
        : undefined;
  return full === undefined
    ? refuse(`a telephone number of ${country}, or one that begins with +`)
    : `+${full}`;
}

function address(value: unknown): string {
  const written = text(value)
    .trim()
    .replace(/^mailto:/i, '');
  const at = written.lastIndexOf('@');
  const [local, domain] = [written.slice(0, at), written.slice(at + 1).toLowerCase()];
  const fits =
    at > 0 &&
    local.length <= 64 &&
    domain.length <= 255 &&
    !/[\s@,;<>()[\]\\"]/.test(local) &&
    /^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(domain);
  return fits ? `${local}@${domain}` : refuse('an address for mail');
}
