// Walks the fields of one protobuf message inside a larger buffer, checking every length, decoding nothing.
import { MalformedMessage } from "../errors.js";

export const VARINT = 0;
export const BYTES = 2;

const TWO_63 = 2 ** 63;
const TWO_64 = 2 ** 64;

export class Cursor {
  /** Of the field that `next` came to. */
  field = 0;
  wireType = 0;
  /** A varint's value; exact up to 2^53. */
  value = 0;
  /** Where a length-delimited field's content lies. */
  start = 0;
  end = 0;

  private bytes!: Buffer;
  private at = 0;
  private limit = 0;

  /** Begins anew at a stretch of bytes. */
  over(bytes: Buffer, start: number, end: number): this {
    this.bytes = bytes;
    this.at = start;
    this.limit = end;
    return this;
  }

  /** Steps onto the next field; false at the end. @throws MalformedMessage */
  next(): boolean {
    if (this.at >= this.limit) return false;
    const first = this.bytes[this.at]!;
    let tag = first;
    if (first < 128) this.at++;
    else tag = this.varint();
    this.field = tag >>> 3;
    this.wireType = tag & 7;
    if (this.field === 0) throw malformed("a field number of 0");
    if (this.wireType === BYTES) this.delimited();
    else if (this.wireType === VARINT) this.value = this.varint();
    else this.fixed();
    return true;
  }

  private delimited(): void {
    let length = this.bytes[this.at]!;
    if (length < 128) this.at++;
    else length = this.varint();
    this.start = this.at;
    this.end = this.at + length;
    if (!(this.end <= this.limit)) throw malformed("a length that runs past the end");
    this.at = this.end;
  }

  private fixed(): void {
    if (this.wireType !== 1 && this.wireType !== 5) throw malformed(`the wire type ${this.wireType}`);
    this.at += this.wireType === 1 ? 8 : 4;
    if (this.at > this.limit) throw malformed("a number that runs past the end");
  }

  private varint(): number {
    let value = 0;
    let factor = 1;
    for (let i = 0; i < 10 && this.at < this.limit; i++) {
      const byte = this.bytes[this.at++]!;
      value += (byte & 127) * factor;
      if (byte < 128) return value;
      factor *= 128;
    }
    throw malformed("a number without an end");
  }
}

/** A varint read as int64: the numbers of the upper half are negative. */
export function signed(value: number): number {
  return value < TWO_63 ? value : value - TWO_64;
}

function malformed(what: string): MalformedMessage {
  return new MalformedMessage(`the encoded message holds ${what}`);
}
