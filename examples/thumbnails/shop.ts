// The shop as the page knows it: what it publishes, what it looks up in the shop's queues, and what it hears.
import { type BerryMQError, type Bus, connect, kwargs, Message, MessageTooLarge, type Queue } from "berrymq";
import { type Customer, REFUSALS, refusalOf, thumbnailOf } from "./customer.ts";

const MIB = 1024 * 1024;
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

  /** Resolves to the picture's id once the gateway keeps it on disk. */
  async upload(file: File): Promise<string> {
    const payload = new Uint8Array(await file.arrayBuffer());
    const contentType = file.type || "application/octet-stream";
    const picture = new Message("picture:uploaded").with({ payload, contentType, attributes: { name: file.name } });
    try {
      return (await this.mq.publish(picture)).messageId;
    } catch (error) {
      if (!(error instanceof MessageTooLarge)) throw error;
      throw new Error(`${(file.size / MIB).toFixed(1)} MB; the shop takes files of up to 4 MB`);
    }
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
    await this.mq.publish("page:log", `the shop takes ${megapixels} megapixels`);
  }

  /** Gives every refused picture another try. */
  async redrive(): Promise<void> {
    const moved = await this.pictures.dead.redrive();
    await this.lookAtRefusals();
    await this.mq.publish("page:log", `${moved} refused pictures are tried again`);
  }

  async discard(): Promise<void> {
    const gone = await this.pictures.dead.purge();
    await this.lookAtRefusals();
    await this.mq.publish("page:log", `${gone} refused pictures are thrown away`);
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
    if (message.name === "thumbnail") this.customer.hasThumbnail(thumbnailOf(message));
    else if (message.name === "report") this.customer.hasReport(String(message.args[0]));
    else await this.lookAtRefusals();
  }

  private async lookAtRefusals(): Promise<void> {
    const letters = await this.pictures.dead.peek(REFUSALS).catch((error: BerryMQError) => {
      // A queue has no queue of dead letters before its first one.
      if (error.reason !== "QUEUE_NOT_FOUND") throw error;
      return [];
    });
    this.customer.hasRefusals(letters.map(refusalOf));
  }
}
