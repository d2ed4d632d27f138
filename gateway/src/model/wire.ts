// The few pieces of the protobuf wire format that are handled by hand, so that a message's bytes are forwarded and never
// decoded (https://protobuf.dev/programming-guides/encoding/).

/** Tag of `Batch.messages` and of `PublishRequest.message`: field 1, length-delimited. */
export const MESSAGE_TAG = 0x0a;

/** Says what about the bytes is wrong; the scanner's callers turn it into MALFORMED_MESSAGE. */
export class WireError extends Error {
  override readonly name = "WireError";
}

/** Reads varints and lengths of a buffer, never past `end`. */
export class WireReader {
  constructor(
    readonly buffer: Buffer,
    public at: number,
    public end: number,
  ) {}

  get done(): boolean {
    return this.at >= this.end;
  }

  /** A varint below 2^32, as tags and lengths are. */
  uint32(): number {
    const byte = this.at < this.end ? this.buffer[this.at]! : 0x80;
    if (byte >= 0x80) return this.#longUint32();
    this.at++;
    return byte;
  }

  /** A 64-bit varint, rounded to a double: exact below 2^53, which is enough for times and counts. */
  uint64(): number {
    let value = 0;
    for (let unit = 1; unit < 2 ** 70; unit *= 0x80) {
      const byte = this.#byte();
      value += (byte & 0x7f) * unit;
      if (byte < 0x80) return value;
    }
    throw new WireError("a number is longer than 10 bytes");
  }

  /** A 64-bit varint with a sign, rounded likewise, but never from below 0 to 0. */
  int64(): number {
    const value = this.uint64();
    return value < 2 ** 63 ? value : Math.min(-1, value - 2 ** 64);
  }

  /** Passes over a 64-bit varint; tells whether it is other than 0 (in its shortest form). */
  skipUint64(): boolean {
    const { buffer, at } = this;
    const limit = Math.min(this.end, at + 10);
    let end = at;
    while (end < limit && buffer[end]! >= 0x80) end++;
    if (end >= limit)
      throw new WireError(limit < this.end ? "a number is longer than 10 bytes" : "it ends inside a number");
    this.at = end + 1;
    return buffer[at] !== 0;
  }

  /** The end of a length-delimited field whose length stands here. */
  fieldEnd(): number {
    const length = this.uint32();
    const end = this.at + length;
    if (end > this.end) throw new WireError(`a field says ${length} bytes where ${this.end - this.at} are left`);
    return end;
  }

  /** Passes over an unknown field. Groups, the only thing that could nest here, are refused. */
  skip(tag: number): void {
    if (tag >>> 3 === 0) throw new WireError("field number 0");
    switch (tag & 7) {
      case 0:
        this.skipUint64();
        return;
      case 1:
        return this.#advance(8);
      case 2:
        this.at = this.fieldEnd();
        return;
      case 5:
        return this.#advance(4);
      default:
        throw new WireError(`wire type ${tag & 7}, which this contract does not use`);
    }
  }

  #longUint32(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.#byte();
      if (shift === 28 && byte > 0x0f) break;
      value = (value | ((byte & 0x7f) << shift)) >>> 0;
      if (byte < 0x80) return value;
    }
    throw new WireError("a tag or length is larger than 32 bits");
  }

  #byte(): number {
    if (this.at >= this.end) throw new WireError("it ends inside a number");
    return this.buffer[this.at++]!;
  }

  #advance(bytes: number): void {
    if (this.at + bytes > this.end) throw new WireError("it ends inside a field");
    this.at += bytes;
  }
}

/** The varint encoding of a non-negative integer below 2^53. */
export function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  bytes.push(rest);
  return Buffer.from(bytes);
}

/** A length-delimited field: tag, length, content. The tag must be below 128. */
export function lengthDelimited(tag: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.of(tag), varint(content.length), content]);
}
