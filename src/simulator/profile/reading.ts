import { choice, flag, text, texts, whole } from './switch.ts';

/** What differs between hospitals, and between releases, when FHIR is read and searched. */
export const reading = {
  release: text('May 2026', 'confirmed', 'software.version'),
  releaseDate: text('2026-05-11', 'confirmed', 'software.releaseDate'),
  environment: text(
    '0.1',
    'confirmed',
    'the part of an object identifier that names customer and environment',
  ),
  codeSystems: choice(
    ['url', 'oid'],
    'url',
    'confirmed',
    'standard code systems by URL (from November 2022) or by OID',
  ),
  unknownParameters: choice(
    ['silent', '59100', '4122'],
    'silent',
    'reported',
    'what a search that works says of parameters it does not know: nothing, or an outcome entry with this number',
  ),
  postSearch: choice(
    ['body', 'query'],
    'body',
    'confirmed',
    'which of the two counts when a POST _search has both (body from February 2026)',
  ),
  pageSize: whole(1000, 1, 1000, 'confirmed', 'the most entries of a page'),
  sessionSeconds: whole(600, 1, 86_400, 'reported', 'how long a paging session lives'),
  totalWithCount: choice(['page', 'all'], 'page', 'confirmed', 'what total counts when _count was given'),
  postFilters: flag(
    true,
    'confirmed',
    'parameters that Epic applies after fetching work (from May 2024); else unknown',
  ),
  postFilterNext: choice(
    ['kept', 'dropped'],
    'kept',
    'reported',
    'next after a page that post-filters emptied: kept while rows remain, or dropped, so that rows are lost',
  ),
  revincludeOthers: flag(
    false,
    'reported',
    '_revinclude of more than Provenance, and _include:iterate, work',
  ),
  partialAuthorization: choice(
    ['none', 'client', 'user'],
    'client',
    'confirmed',
    'searches leave out what the client (59204) or the user (59205) may not see, and say so in an entry',
  ),
  restrictedPatientsPerThousand: whole(0, 0, 1000, 'site', 'charts that need break-the-glass (4130, 4131)'),
  userMayNotView: texts([], 'site', 'types that the user a client works for may not see: 403 with 4118'),
  dailyDocuments: whole(
    0,
    0,
    1_000_000,
    'confirmed',
    'documents a client may read in a day (4135 beyond); 0: any number',
  ),
  mergedRedirect: whole(301, 300, 308, 'inferred', 'HTTP status of a read of a merged patient (4107)'),
  longIds: flag(false, 'reported', 'some ids are longer than the 64 characters of FHIR'),
  stu3: flag(true, 'confirmed', 'STU3 is served'),
  dstu2: flag(true, 'confirmed', 'DSTU2 is served'),
  subscriptions: flag(false, 'confirmed', 'R4 Subscriptions: no Epic has them'),
  requestsPerSecond: whole(
    0,
    0,
    10_000,
    'reported',
    'what a gateway before the hospital lets through; 0: any number',
  ),
  gatewayStatus: choice(['429', '503'], '429', 'reported', 'what the gateway says to the rest'),
  retryAfter: choice(
    ['seconds', 'date', 'none'],
    'seconds',
    'reported',
    'how the gateway spells Retry-After',
  ),
} as const;
