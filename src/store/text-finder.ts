/**
 * Whether bytes hold a text, whatever its case. Bytes are read as Latin-1 and, when the text has letters beyond ASCII, as
 * UTF-8 too: a payload's own character set is not asked for, since it is often declared wrongly.
 * @example
 * textFinder('smith')(Buffer.from('PID|1||4711||SMITH^ANN')) // true
 */
export function textFinder(text: string): (bytes: Uint8Array) => boolean {
  const wanted = text.toLowerCase();
  const beyondAscii = /[^\x20-\x7e]/.test(wanted);
  return (bytes) => {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (buffer.toString('latin1').toLowerCase().includes(wanted)) return true;
    return beyondAscii && buffer.toString('utf8').toLowerCase().includes(wanted);
  };
}
