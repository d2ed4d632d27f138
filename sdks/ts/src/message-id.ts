// Makes the unique names of messages: a random prefix for the process and a counter.

const ALPHABET = "0123456789abcdefghijklmnopqrstuv";

/** 5 random bits for each character. */
export function randomText(length: number): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(length)), (byte) => ALPHABET[byte & 31]).join("");
}

const prefix = `${randomText(16)}-`;
let count = 0;

/** A name that no other message has, here or elsewhere. */
export function nextMessageId(): string {
  return prefix + (count++).toString(36);
}
