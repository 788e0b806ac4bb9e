/** What once broke a promise of the codec, as small as it could be made. Byte strings. */
export const fixedCases: readonly (readonly [about: string, bytes: string])[] = [
  ['a text written over a whole segment left no segment', 'MSH|^~\\&|A\rMSA'],
  ['a field of a bare BHS was written one place too far', 'MSH[(~)][A\rBHS'],
  ['a question mark as component separator, and no escape character, for what cannot be said', 'MSH|?'],
  ['a blank as component separator, and no escape character, for a text of several words', 'MSH|^ '],
  ['a character set by the name of something that every object has', 'MSH|&||||||||||||||||constructor'],
  ['the quotation mark as a delimiter, where a null was written', 'MSH|^~\\"'],
  ['another such name', 'MSH|^~\\&||||||||||||||||__proto__|'],
];
