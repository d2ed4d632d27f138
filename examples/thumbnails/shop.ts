// The shop as the page knows it: what it publishes, what it looks up in the shop's queues, and what it is told.
import { type Bus, connect, kwargs, Message, type Queue } from "berrymq";

export interface Thumbnail {
  /** Message id of the picture that it was made of. */
  readonly picture: string;
  readonly name: string;
  readonly sizes: string;
  readonly image: Blob;
}

export interface Refusal {
  readonly picture: string;
  readonly name: string;
  readonly reason: string;
  readonly times: number;
}

/** Whom the shop tells. */
export interface Customer {
  hasThumbnail(thumbnail: Thumbnail): void;
  /** The oldest dead letters; all of them when they are fewer than {@link REFUSALS}. */
  hasRefusals(oldest: readonly Refusal[]): void;
  hasReport(text: string): void;
}

/** Dead letters that a page looks at: each comes with the bytes of its picture. */
export const REFUSALS = 25;
/** Thumbnails that are kept for pages that are opened later. */
const GALLERY = 60;
/** Seconds that the page's own queue outlives its connection. */
const AWAY = 3600;

export class Shop {
  private constructor(
    private readonly mq: Bus,
    private readonly pictures: Queue,
    private readonly rules: Queue,
    private readonly customer: Customer,
  ) {}

  /** Everybody who opens a shared queue names the same options; whoever comes first makes it. @throws Unavailable */
  static async enter(address: string, customer: Customer): Promise<Shop> {
    const mq = await connect(address);
    const pictures = await mq.queue("picture:uploaded", { shared: true, name: "pictures" });
    const newest = { maxMessages: 1, overflow: "drop_oldest" } as const;
    const rules = await mq.queue("shop:rules", { shared: true, name: "rules", ...newest });
    const shop = new Shop(mq, pictures, rules, customer);
    await shop.follow();
    return shop;
  }

  /** Resolves to the picture's id once the gateway keeps it on disk. @throws MessageTooLarge */
  async upload(file: File): Promise<string> {
    const payload = new Uint8Array(await file.arrayBuffer());
    const contentType = file.type || "application/octet-stream";
    const picture = new Message("picture:uploaded").with({ payload, contentType, attributes: { name: file.name } });
    return (await this.mq.publish(picture)).messageId;
  }

  /** Pictures that no worker has taken yet. @throws Unavailable while the connection is lost */
  waiting(): Promise<number> {
    return this.pictures.qsize();
  }

  async megapixels(): Promise<number> {
    const [rule] = await this.rules.peek();
    return Number(rule?.kwargs.megapixels ?? 2);
  }

  async allow(megapixels: number): Promise<void> {
    await this.mq.publish("shop:rules", kwargs({ megapixels }));
  }

  /** Gives every refused picture another try; how many. */
  async redrive(): Promise<number> {
    const moved = await this.pictures.dead.redrive();
    await this.lookAtRefusals();
    return moved;
  }

  async discard(): Promise<void> {
    await this.pictures.dead.purge();
    await this.lookAtRefusals();
  }

  async askForReport(): Promise<void> {
    await this.mq.publish("report:nightly");
  }

  private async follow(): Promise<void> {
    // A queue of the page's own: what comes while its connection is lost comes when it is back.
    const patterns = ["thumbnail:made", "report:written", "berrymq:dead_letter"];
    const own = await this.mq.queue(patterns, { name: `page ${this.mq.ident}`, standaloneTtl: AWAY });
    const newest = { maxMessages: GALLERY, overflow: "drop_oldest" } as const;
    const gallery = await this.mq.queue("thumbnail:made", { shared: true, name: "gallery", ...newest });
    for (const message of await gallery.peek(GALLERY)) await this.hear(message);
    await this.lookAtRefusals();
    void this.listen(own);
  }

  private async listen(own: Queue): Promise<void> {
    for await (const delivery of own.consume()) {
      try {
        await this.hear(delivery.message);
        await delivery.ack();
      } catch {
        // The connection is lost; so is the lease, and the message comes again.
      }
    }
  }

  private async hear(message: Message): Promise<void> {
    const { picture = "", name = "", sizes = "" } = message.attributes;
    if (message.name === "thumbnail") this.customer.hasThumbnail({ picture, name, sizes, image: imageOf(message) });
    else if (message.name === "report") this.customer.hasReport(String(message.args[0]));
    else await this.lookAtRefusals();
  }

  private async lookAtRefusals(): Promise<void> {
    const letters = await this.pictures.dead.peek(REFUSALS).catch(noneYet);
    this.customer.hasRefusals(letters.map(refusalOf));
  }
}

function imageOf({ payload, contentType }: Message): Blob {
  return new Blob([new Uint8Array(payload)], { type: contentType });
}

function refusalOf({ messageId, attributes }: Message): Refusal {
  const deaths: readonly unknown[] = JSON.parse(attributes["berrymq-dead-history"] ?? "[]");
  const { name = "", "berrymq-dead-reason": reason = "" } = attributes;
  return { picture: messageId, name, reason, times: deaths.length };
}

/** A queue has no queue of dead letters before its first one. */
function noneYet(error: { readonly reason?: string }): readonly Message[] {
  if (error.reason === "QUEUE_NOT_FOUND") return [];
  throw error;
}
