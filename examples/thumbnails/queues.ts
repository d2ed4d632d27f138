// The shop's queues. Whoever comes first makes a shared one (here, worker.py or log.rb); what the others say of it must agree.
import type { Bus, Queue } from "berrymq";

/** Thumbnails that are kept for pages that are opened later. */
export const GALLERY = 60;
/** Seconds that the page's own queue outlives its connection. */
const AWAY = 3600;

export interface Queues {
  /** Pictures until a worker has made their thumbnail; `pictures.dead` has those that were refused. */
  readonly pictures: Queue;
  /** The newest word of what the shop takes. */
  readonly rules: Queue;
  /** The newest thumbnails, which nobody takes. */
  readonly gallery: Queue;
  /** The page's own: what comes while its connection is lost comes when it is back. What one page does, all of them hear. */
  readonly own: Queue;
}

/** @throws Unavailable, QueueExists */
export async function openQueues(mq: Bus): Promise<Queues> {
  const newest = (maxMessages: number) => ({ shared: true, maxMessages, overflow: "drop_oldest" }) as const;
  const patterns = ["thumbnail:made", "report:written", "shop:rules", "refusals:*", "berrymq:dead_letter"];
  return {
    pictures: await mq.queue("picture:uploaded", { shared: true, name: "pictures" }),
    rules: await mq.queue("shop:rules", { name: "rules", ...newest(1) }),
    gallery: await mq.queue("thumbnail:made", { name: "gallery", ...newest(GALLERY) }),
    own: await mq.queue(patterns, { name: `page ${mq.ident}`, standaloneTtl: AWAY }),
  };
}
