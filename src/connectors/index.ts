import type { ZodType } from 'zod';
import { cds } from './cds/index.ts';
import type { Connector } from './contract.ts';
import { email } from './email/index.ts';
import { epic } from './epic/index.ts';
import { fhir } from './fhir/index.ts';
import { file } from './file/index.ts';
import { mllp } from './mllp/index.ts';
import { webhook } from './webhook/index.ts';

export type { ConsentFacts } from '../fhir/index.ts';
export * from './bulk/index.ts';
export type * from './capability.ts';
export {
  type Card,
  type CdsFailureCode,
  cardsFrom,
  cdsFailure,
  cdsFailures,
  claimedIssuer,
} from './cds/index.ts';
export type * from './contract.ts';
export { emailFailures } from './email/index.ts';
export { epicFailures } from './epic/index.ts';
export { fhirConnectorFailures } from './fhir/index.ts';
export { fileFailures, filePatient } from './file/index.ts';
export { identities } from './learn/identities.ts';
export { hashOf } from './learn/learnable.ts';
export { changeSince, fedMark } from './learn/marks.ts';
export * from './matrix/index.ts';
export { mllpFailures } from './mllp/index.ts';
export { signatureFault, signatureHeaders, webhookFailures } from './webhook/index.ts';

/** Every connector, by the name that stands in a site record. Each one parses its own configuration. */
export const connectors: ReadonlyMap<string, Connector> = new Map(
  [cds, email, epic, fhir, file, mllp, webhook].map((connector) => [
    connector.name,
    connector as unknown as Connector,
  ]),
);

/** By connector, the fields of its connections in a site record. */
export const connectorFields: Readonly<Record<string, ZodType>> = Object.fromEntries(
  [...connectors].flatMap(([name, { fields }]) => (fields === undefined ? [] : [[name, fields]])),
);
export { writeFailures } from './acting/index.ts';
export { shortScopes } from './smart/index.ts';
