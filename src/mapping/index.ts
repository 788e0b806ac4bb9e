export {
  CODE_UNMAPPED,
  type CodeUse,
  codeOf,
  type UnmappedAt,
  type UnmappedCode,
  unmappedFailure,
  unmappedOf,
} from './code-lookup.ts';
export * from './condition.ts';
export * from './csv.ts';
export * from './field-map.ts';
export * from './hl7-fhir/index.ts';
export { type MapFile, readMapFile } from './map-file.ts';
export type { Shape } from './map-shape.ts';
export { compilePath, type PathStep, parsePath, type Read, siteFields, type ValuePath } from './path.ts';
export type * from './r4.ts';
export { r4Elements } from './r4-elements.generated.ts';
export type * from './rule.ts';
export * from './source.ts';
export * from './time.ts';
export * from './transforms/index.ts';
export * from './value-set.ts';
export * from './value-set-file.ts';
