import { badUsage } from './refusal.ts';

/** The name as it was given, if it is one. */
export function timeZone(name: string): string {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return name;
  } catch (error) {
    throw badUsage(
      `--time-zone is "${name}", which is no IANA time zone.`,
      'Give a name such as America/Chicago.',
      error,
    );
  }
}
