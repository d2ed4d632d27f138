// Dead letters on their way back to the queue of this process that they came from.
import { InvalidArgument, QueueNotFound } from "./errors.js";
import type { LocalQueueHome } from "./local-queue.js";
import { changed, type Message } from "./message.js";

/** Ends the name of a queue of dead letters. */
export const DEAD = ".dead";

/** Where the letters lie. */
export interface DeadLetters {
  readonly name: string;
  readonly home: LocalQueueHome;
  count(): number;
  /** Takes the next that is meant out. */
  next(): Message | undefined;
}

/** Each goes to the end of the queue that it came from, with all its attempts before it. How many. @param max 0 = as many as are there now */
export async function redriveLetters(letters: DeadLetters, max: number, rate: number): Promise<number> {
  const { name, home } = letters;
  if (!name.endsWith(DEAD)) {
    throw new InvalidArgument(`the queue ${name} holds no dead letters; use the queue's \`dead\``);
  }
  const origin = name.slice(0, -DEAD.length);
  const most = Math.min(max || Number.POSITIVE_INFINITY, letters.count());
  const begun = home.clock.now();
  let moved = 0;
  while (moved < most) {
    const target = home.find(origin);
    if (target === undefined) throw new QueueNotFound(`the queue ${origin}, from which the dead letters came, is gone`);
    const letter = letters.next();
    if (letter === undefined) break;
    target.keep(changed(letter, { publishedAt: home.clock.wall() * 1000, expiresAt: 0, deliverAt: 0 }));
    moved++;
    const ahead = begun + moved / rate - home.clock.now();
    if (moved < most && ahead > 0) await home.clock.pause(ahead);
  }
  return moved;
}

/** What is kept of a message that was given up. */
export function deadLetter(message: Message, queue: string, why: string, attempts: number, at: number): Message {
  const attributes = {
    ...message.attributes,
    "berrymq-dead-queue": queue,
    "berrymq-dead-reason": why,
    "berrymq-dead-attempts": String(Math.max(1, attempts)),
    "berrymq-dead-at": new Date(at).toISOString(),
  };
  return changed(message, { attributes, expiresAt: 0, deliverAt: 0 });
}
