// The system's own messages, to the followers of this process only.
import type { Clock } from "./clock.js";
import type { Dispatcher } from "./dispatcher.js";
import type { Loss } from "./entry.js";
import { changed, Message } from "./message.js";
import { kwargs } from "./payload.js";

export class System {
  constructor(
    private readonly dispatcher: Dispatcher,
    private readonly clock: Clock,
  ) {}

  tell(identifier: string, values: Readonly<Record<string, unknown>>): void {
    const message = changed(new Message(identifier, kwargs(values)), { publishedAt: this.clock.wall() * 1000 });
    this.dispatcher.dispatch(message, false);
  }

  /** As a gateway tells. Of the system's own messages nothing is told: a queue that keeps and loses them would never come to an end. */
  dropped(queue: string, { messageId, identifier, sender }: Message, reason: Loss): void {
    if (identifier.reserved) return;
    this.tell("berrymq:drop", { queue, message_id: messageId, identifier: identifier.text, sender, reason });
  }
}
