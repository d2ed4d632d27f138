// SHA-256 (FIPS 180-4) where the runtime offers none that answers at once: a browser's `crypto.subtle` only promises.

/** @returns hex */
export function sha256(message: Uint8Array): string {
  const state = Uint32Array.from(INITIAL);
  const blocks = padded(message);
  const schedule = new Uint32Array(64);
  for (let at = 0; at < blocks.byteLength; at += 64) {
    fill(schedule, blocks, at);
    compress(state, schedule);
  }
  return Array.from(state, (word) => word.toString(16).padStart(8, "0")).join("");
}

/** The message, a 1 bit, zeros, and the length in bits, as whole blocks of 64 bytes. */
function padded(message: Uint8Array): DataView {
  const { length } = message;
  const bytes = new Uint8Array((((length + 8) >> 6) + 1) << 6);
  bytes.set(message);
  bytes[length] = 0x80;
  const view = new DataView(bytes.buffer);
  view.setBigUint64(bytes.length - 8, BigInt(length) * 8n);
  return view;
}

function fill(w: Uint32Array, blocks: DataView, at: number): void {
  for (let i = 0; i < 16; i++) w[i] = blocks.getUint32(at + 4 * i);
  for (let i = 16; i < 64; i++) {
    const near = w[i - 2]!;
    const far = w[i - 15]!;
    const a = turned(near, 17) ^ turned(near, 19) ^ (near >>> 10);
    const b = turned(far, 7) ^ turned(far, 18) ^ (far >>> 3);
    w[i] = a + w[i - 7]! + b + w[i - 16]!;
  }
}

function compress(state: Uint32Array, w: Uint32Array): void {
  let [a, b, c, d, e, f, g, h] = state as unknown as [number, number, number, number, number, number, number, number];
  for (let i = 0; i < 64; i++) {
    const big = turned(e, 6) ^ turned(e, 11) ^ turned(e, 25);
    const first = (h + big + ((e & f) ^ (~e & g)) + ROUNDS[i]! + w[i]!) | 0;
    const small = turned(a, 2) ^ turned(a, 13) ^ turned(a, 22);
    const second = (small + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + first) | 0, c, b, a, (first + second) | 0];
  }
  [a, b, c, d, e, f, g, h].forEach((word, index) => {
    state[index] = state[index]! + word;
  });
}

function turned(word: number, by: number): number {
  return (word >>> by) | (word << (32 - by));
}

/** The first 32 bits of the fractions of a root of each of the first primes. */
function fractions(count: number, root: (prime: number) => number): number[] {
  const primes: number[] = [];
  for (let n = 2; primes.length < count; n++) if (primes.every((prime) => n % prime !== 0)) primes.push(n);
  return primes.map((prime) => ((root(prime) % 1) * 2 ** 32) | 0);
}

const INITIAL = fractions(8, Math.sqrt);
const ROUNDS = fractions(64, Math.cbrt);
