// What a program waits in that only follows: until somebody tells it to end.
import { untilTold } from "#platform";
import type { AnyBus } from "./bus.js";
import { defaultBus } from "./default-bus.js";
import { inside } from "./inside.js";
import type { OnBus } from "./unfollow.js";

/** Seconds that handlers at work get. */
const FINISH_SECONDS = 5;

/**
 * Resolves after SIGINT or SIGTERM, once handlers at work have ended (5 s at most) and the bus is closed. A second signal ends the program
 * at once. Whoever else listens to these signals hears them, too.
 *
 * @throws Closed; InvalidArgument in another thread than the main one; NotSupported in a browser
 */
export async function run({ bus = defaultBus }: OnBus = {}): Promise<void> {
  inside(bus).assertOpen();
  await untilTold(async () => {
    await finish(bus);
    await bus.close();
  });
}

/** Nothing more is heard of others, nothing more is taken from queues; what handlers at work publish goes out. */
async function finish(bus: AnyBus): Promise<void> {
  const own = inside(bus);
  own.hears = false;
  own.link?.patternsChanged();
  const ended = [own.works.close(FINISH_SECONDS), own.mailboxes.close(FINISH_SECONDS), own.dispatcher.idle()];
  await bus.clock.within(FINISH_SECONDS, Promise.all(ended));
}
