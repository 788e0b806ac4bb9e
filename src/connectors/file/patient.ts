/** The patient of a record, where the site record says which column or field names it. */

/**
 * A field of a record, below objects by dots. `undefined`: it is not there, empty, or neither text nor number.
 * @example
 * valueAt({ patient: { mrn: ' 123 ' } }, 'patient.mrn') // '123'
 */
export function valueAt(record: unknown, path: string): string | undefined {
  let here = record;
  for (const name of path.split('.')) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, name)) return undefined;
    here = (here as Readonly<Record<string, unknown>>)[name];
  }
  const text = typeof here === 'number' ? String(here) : typeof here === 'string' ? here.trim() : '';
  return text === '' ? undefined : text;
}

/**
 * The same of a kept record's bytes, by its connection's record: for a copy that a person has corrected.
 * @param connection As it stands in the site record; of another connector it names no patient.
 */
export function filePatient(connection: unknown, bytes: Uint8Array): string | undefined {
  const { connector, take } = (connection ?? {}) as {
    readonly connector?: unknown;
    readonly take?: { readonly patient?: unknown; readonly format?: unknown };
  };
  if (connector !== 'file' || typeof take?.patient !== 'string') return undefined;
  try {
    const record: unknown = JSON.parse(Buffer.from(bytes).toString());
    // A column's name may hold a dot; the fields of a row hold nothing.
    return take.format === 'csv' ? columnOf(record, take.patient) : valueAt(record, take.patient);
  } catch {
    return undefined;
  }
}

const columnOf = (row: unknown, column: string): string | undefined => {
  const value = (row as Readonly<Record<string, unknown>> | null)?.[column];
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
};
