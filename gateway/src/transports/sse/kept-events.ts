// The latest events of a follow, so that a client whose connection broke off gets what it missed. They are counted by messages: what is
// said besides bears the number of the message before it.
import { Fifo } from "../../model/fifo.js";

export interface KeptEvent {
  readonly name: string;
  readonly data: string;
  /** Messages so far, this one included. */
  readonly number: number;
}

export class KeptEvents {
  readonly #kept = new Fifo<KeptEvent>();
  #bytes = 0;
  #number = 0;
  /** Number of the last message that is kept no more. */
  #gone = 0;

  constructor(
    readonly most: number,
    readonly mostBytes: number,
  ) {}

  add(name: string, data: string): KeptEvent {
    if (name === "message") this.#number++;
    const event = { name, data, number: this.#number };
    this.#kept.push(event);
    this.#bytes += data.length;
    while (this.#kept.size > this.most || this.#bytes > this.mostBytes) {
      const oldest = this.#kept.shift()!;
      this.#bytes -= oldest.data.length;
      this.#gone = oldest.number;
    }
    return event;
  }

  /** What came after the message of that number, and how many messages of it are kept no more. */
  after(number: number): { missed: number; events: KeptEvent[] } {
    const events = [...this.#kept].filter((event) => event.number > number || event.name !== "message");
    return { missed: Math.max(0, this.#gone - number), events: events.filter((event) => event.number >= number) };
  }
}
