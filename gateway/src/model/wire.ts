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
    readonly end: number,
  ) {}

  get done(): boolean {
    return this.at >= this.end;
  }

  /** A varint below 2^32, as tags and lengths are. */
  uint32(): number {
    const { buffer, end } = this;
    let at = this.at;
    if (at >= end) throw new WireError("it ends inside a number");
    let byte = buffer[at++]!;
    let value = byte & 0x7f;
    for (let shift = 7; byte >= 0x80; shift += 7) {
      if (at >= end) throw new WireError("it ends inside a number");
      if (shift > 28) throw new WireError("a tag or length is larger than 32 bits");
      byte = buffer[at++]!;
      if (shift === 28 && byte > 0x0f) throw new WireError("a tag or length is larger than 32 bits");
      value += (byte & 0x7f) * 2 ** shift;
    }
    this.at = at;
    return value;
  }

  /** A 64-bit varint, rounded to a double: exact below 2^53, which is enough for times and counts. */
  uint64(): number {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.at >= this.end) throw new WireError("it ends inside a number");
      const byte = this.buffer[this.at++]!;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new WireError("a number is longer than 10 bytes");
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
        this.uint64();
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
