/** How records are numbered: a number made from the seed says whose it is, so that no table has to. */

// A patient's own history: so many contacts, and so many records of each other kind.
const contactsPerPatient = 128;
const recordsPerPatient = 65_536;
const firstHistoryCsn = 100_000_000;
/** CSNs from here on were given after the simulator started. */
export const firstNewCsn = 1_000_200_000;
/** Other records' numbers from here on were given after the simulator started. */
export const firstNewNumber = 2 ** 44;

/** The CSN of one of the contacts that a patient had, or had booked, when the simulator started. */
export function historyCsn(patient: number, index: number): number {
  if (index >= contactsPerPatient) throw new RangeError('a history holds 128 contacts');
  return firstHistoryCsn + patient * contactsPerPatient + index;
}

/** The number of one of the records in a patient's history. */
export function historyNumber(patient: number, index: number): number {
  if (index >= recordsPerPatient) throw new RangeError('a history holds 65536 records of a kind');
  return patient * recordsPerPatient + index;
}

/** Whose history a CSN is from; undefined when it was given later. */
export function patientOfCsn(csn: number): number | undefined {
  if (!Number.isInteger(csn) || csn < firstHistoryCsn || csn >= firstNewCsn) return undefined;
  return Math.floor((csn - firstHistoryCsn) / contactsPerPatient);
}

/** Whose history a record's number is from; undefined when it was given later. */
export function patientOfNumber(number: number): number | undefined {
  return number < firstNewNumber ? Math.floor(number / recordsPerPatient) : undefined;
}
