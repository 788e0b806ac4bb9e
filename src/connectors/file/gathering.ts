/** Bytes of a record that comes in pieces, each copied once or twice however many there are. */
export class Gathering {
  #bytes: Buffer = Buffer.allocUnsafe(512 * 1024);
  #from = 0;
  #to = 0;

  /** What is there and not yet taken; holds until the next `push`. */
  get view(): Buffer {
    return this.#bytes.subarray(this.#from, this.#to);
  }

  push(piece: Uint8Array): void {
    const held = this.#to - this.#from;
    if (this.#to + piece.length > this.#bytes.length) {
      const needed = held + piece.length;
      const target = needed > this.#bytes.length ? Buffer.allocUnsafe(2 * needed) : this.#bytes;
      this.#bytes.copy(target, 0, this.#from, this.#to);
      this.#bytes = target;
      this.#from = 0;
      this.#to = held;
    }
    this.#bytes.set(piece, this.#to);
    this.#to += piece.length;
  }

  /** The first `length` bytes are done with. */
  take(length: number): void {
    this.#from += length;
  }
}
