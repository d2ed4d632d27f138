// Remembers the ids of the messages received last, so that one sent again after a lost connection is heard once.
import { Buffer } from "./bytes.js";

/** How many are remembered; what a publisher holds unanswered is mostly less. */
const REMEMBERED = 10_000;
/** Bytes of an id at most (message.proto). */
const ID_BYTES = 128;

/** A ring of copied ids: remembering costs a copy of some 20 bytes, and only what was resent is ever searched for. */
export class RecentIds {
  private bytes: Buffer | undefined;
  private readonly lengths = new Uint8Array(REMEMBERED);
  private at = 0;

  remember(id: Uint8Array, start: number, end: number): void {
    this.bytes ??= Buffer.alloc(REMEMBERED * ID_BYTES);
    const length = Math.min(end - start, ID_BYTES);
    const { bytes } = this;
    const to = this.at * ID_BYTES;
    for (let i = 0; i < length; i++) bytes[to + i] = id[start + i]!;
    this.lengths[this.at] = length;
    this.at = this.at + 1 === REMEMBERED ? 0 : this.at + 1;
  }

  has(id: Buffer): boolean {
    if (this.bytes === undefined || id.length === 0) return false;
    for (let slot = 0; slot < REMEMBERED; slot++) {
      const from = slot * ID_BYTES;
      if (this.lengths[slot] === id.length && id.equals(this.bytes.subarray(from, from + id.length))) return true;
    }
    return false;
  }
}
