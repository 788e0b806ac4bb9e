/** CDS Hooks from the hospital's side: it calls services as Epic does, and as a caller that cannot be trusted does. */
export { type CdsParts, mountCds } from './mount.ts';
