/** What a service declared and the hospital did not send: the templates' addresses. Pure. */

/** Ids and references; nothing that could leave its place in an address. */
const SAFE = /^[A-Za-z0-9.-]+(\/[A-Za-z0-9.-]+)?$/;

/**
 * The address below the FHIR base that a template stands for in this call; `null` when it names something the call does
 * not have, or that is no id.
 * @example
 * prefetchPath('Patient/{{context.patientId}}', { patientId: 'e1' }) // 'Patient/e1'
 */
export function prefetchPath(template: string, context: Readonly<Record<string, unknown>>): string | null {
  let possible = true;
  const path = template.replaceAll(/\{\{\s*([^}]+?)\s*\}\}/g, (_all, name: string) => {
    const value = tokenOf(name, context);
    if (value === undefined || !SAFE.test(value) || value.includes('..')) {
      possible = false;
      return '';
    }
    return value;
  });
  return possible && !/[\s#\\]/.test(path) && !path.includes('//') ? path : null;
}

/** The tokens of CDS Hooks that we know: those of the context that are texts, and the user's id by type. */
function tokenOf(name: string, context: Readonly<Record<string, unknown>>): string | undefined {
  const [first, field = '', ...more] = name.split('.');
  if (first === 'context' && more.length === 0) {
    const value = context[field];
    return typeof value === 'string' ? value : undefined;
  }
  const [type, id] = String(context.userId ?? '').split('/');
  const wanted = /^user(Practitioner|PractitionerRole|Patient|RelatedPerson)Id$/.exec(name)?.[1];
  return wanted !== undefined && wanted === type ? id : undefined;
}
