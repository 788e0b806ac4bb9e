export { type ImportFailureCode, importFailures } from './failures.ts';
export { type Imported, type ImportOptions, importMirth } from './mirth/project.ts';
export { placeText, type Summary } from './mirth/report.ts';
export type { WorkItem } from './mirth/work.ts';
export { type Document, documentsOf, type Unread } from './sources.ts';
export { writeFiles } from './write.ts';
export { readXml, XML_LIMITS, type XmlLimits } from './xml/read.ts';
