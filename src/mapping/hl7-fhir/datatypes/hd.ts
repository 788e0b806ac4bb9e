/** HD[uri]: a universal id as a URI (HD.2 and HD.3), by the guide's map for types ISO and UUID, and URI as it is. */
export function universalUri(id: string | undefined, type: string | undefined): string | undefined {
  if (id === undefined) return undefined;
  if (type === 'ISO') return `urn:oid:${id}`;
  if (type === 'UUID') return `urn:uuid:${id.toLowerCase()}`;
  return type === 'URI' ? id : undefined;
}
