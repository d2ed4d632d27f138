// Makes the unique names of messages: a random prefix for the process and a counter.

const ALPHABET = "0123456789abcdefghijklmnopqrstuv";

/** 5 random bits for each character. */
export function randomText(length: number): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(length)), (byte) => ALPHABET[byte & 31]).join("");
}

const prefix = `${randomText(16)}-`;
/** How names end: mostly, making one is putting two texts together. */
const TAILS = Array.from({ length: 1024 }, (_, index) => ALPHABET[index >> 5]! + ALPHABET[index & 31]!);
let blocks = 0;
let stem = prefix;
let given = TAILS.length;

/** A name that no other message has, here or elsewhere. */
export function nextMessageId(): string {
  if (given === TAILS.length) {
    stem = prefix + (blocks++).toString(36);
    given = 0;
  }
  return stem + TAILS[given++]!;
}
