// What one follower of the driver heard so far.
import type { Message } from "../message.js";

export class Record {
  private messages: Message[] = [];
  private wake: () => void = () => {};

  add(message: Message): void {
    this.messages.push(message);
    this.wake();
  }

  /** Takes the first `count`, waiting for them; fewer after `seconds`. */
  async take(count: number, seconds: number): Promise<Message[]> {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.wake();
    }, seconds * 1000);
    while (this.messages.length < count && !late) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
    clearTimeout(timer);
    return this.messages.splice(0, count);
  }
}
