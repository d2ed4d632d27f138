// The system's messages about messages, off at first.
import { defaultBus } from "./default-bus.js";
import { inside } from "./inside.js";
import type { OnBus } from "./unfollow.js";

/**
 * Has followers of this process told by `berrymq:send_message` when something is published here, `berrymq:forward_message` when it is
 * handed to the gateway, `berrymq:receive_message` when something came from there: kwargs `identifier`, `message_id`, `sender`.
 */
export function debugMessages(on = true, { bus = defaultBus }: OnBus = {}): void {
  const own = inside(bus);
  own.dispatcher.witness = on
    ? (step, { identifier, messageId, sender }) => {
        // Of the system's own nothing is told: that would never come to an end.
        if (identifier.reserved) return;
        own.system.tell(`berrymq:${step}_message`, { identifier: identifier.text, message_id: messageId, sender });
      }
    : undefined;
}
