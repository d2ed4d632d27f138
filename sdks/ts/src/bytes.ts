// Node's Buffer where there is one. Browsers have none: there the same name is a Uint8Array with the few methods that this package uses.

const utf8 = new TextEncoder();
// Not fatal, and a byte order mark is a character like any other: as Buffer reads.
const readUtf8 = new TextDecoder("utf-8", { ignoreBOM: true });
/** Characters that `String.fromCharCode` takes at once. */
const CHUNK = 8192;

export class Bytes extends Uint8Array {
  /** A text (UTF-8 or base64), a copy of bytes, or a view of an ArrayBuffer. */
  static read(source: string | ArrayLike<number> | ArrayBufferLike, how?: string | number, length?: number): Bytes {
    if (typeof source === "string") return how === "base64" ? ofBase64(source) : over(utf8.encode(source));
    if (ArrayBuffer.isView(source) || Array.isArray(source)) return new Bytes(source as ArrayLike<number>);
    return new Bytes(source as ArrayBuffer, how as number | undefined, length);
  }

  static joined(all: readonly Uint8Array[]): Bytes {
    const whole = new Bytes(all.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const each of all) {
      whole.set(each, at);
      at += each.length;
    }
    return whole;
  }

  override toString(encoding = "utf8", start = 0, end = this.length): string {
    const part = this.subarray(start, end);
    return encoding === "base64" ? toBase64(part) : readUtf8.decode(part);
  }

  write(text: string, at: number): number {
    return utf8.encodeInto(text, this.subarray(at)).written;
  }

  copy(target: Uint8Array, to: number, from: number, end: number): void {
    target.set(this.subarray(from, end), to);
  }

  equals(other: Uint8Array): boolean {
    return this.length === other.length && this.every((byte, index) => byte === other[index]);
  }

  writeBigUInt64BE(value: bigint): void {
    new DataView(this.buffer, this.byteOffset).setBigUint64(0, value);
  }
}

function over(bytes: Uint8Array<ArrayBuffer>): Bytes {
  return new Bytes(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += CHUNK) text += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  return btoa(text);
}

function ofBase64(text: string): Bytes {
  const letters = atob(text);
  const bytes = new Bytes(letters.length);
  for (let at = 0; at < letters.length; at++) bytes[at] = letters.charCodeAt(at);
  return bytes;
}

const made = (length: number): Bytes => new Bytes(length);
const shim = {
  from: Bytes.read,
  alloc: made,
  allocUnsafe: made,
  allocUnsafeSlow: made,
  concat: Bytes.joined,
  byteLength: (text: string) => utf8.encode(text).length,
  isBuffer: (value: unknown) => value instanceof Bytes,
};

type NodeBuffer = typeof globalThis.Buffer;

export type Buffer = InstanceType<NodeBuffer>;
export const Buffer = (globalThis.Buffer ?? shim) as NodeBuffer;
