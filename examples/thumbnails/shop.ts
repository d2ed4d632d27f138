// The shop as the page knows it: what it publishes, what it looks up in the shop's queues, and what it hears.
import { type Bus, connect, kwargs, Message, MessageTooLarge } from "berrymq";
import { type Customer, REFUSALS, refusalOf, thumbnailOf } from "./customer.ts";
import { GALLERY, openQueues, type Queues } from "./queues.ts";

const MIB = 1024 * 1024;
/** What one message carries at most, with all that is said in it. A larger file need not be read to know. */
const LARGEST = 4 * MIB;

export class Shop {
  private constructor(
    private readonly mq: Bus,
    private readonly queues: Queues,
    private readonly customer: Customer,
  ) {}

  /** @throws Unavailable */
  static async enter(address: string, customer: Customer): Promise<Shop> {
    const mq = await connect(address);
    return new Shop(mq, await openQueues(mq), customer);
  }

  /** Tells the customer what there is, then what comes, for as long as the page is open. */
  async tell(): Promise<void> {
    for (const message of await this.queues.gallery.peek(GALLERY)) await this.hear(message);
    await this.lookAtRefusals();
    for await (const delivery of this.queues.own.consume()) {
      try {
        await this.hear(delivery.message);
        await delivery.ack();
      } catch {
        // The connection is lost; so is the lease, and the message comes again.
      }
    }
  }

  /** Resolves to the picture's id once the gateway keeps it on disk. */
  async upload(file: File): Promise<string> {
    if (file.size >= LARGEST) throw tooLarge(file);
    const payload = new Uint8Array(await file.arrayBuffer());
    const contentType = file.type || "application/octet-stream";
    const picture = new Message("picture:uploaded").with({ payload, contentType, attributes: { name: file.name } });
    try {
      return (await this.mq.publish(picture)).messageId;
    } catch (error) {
      throw error instanceof MessageTooLarge ? tooLarge(file) : error;
    }
  }

  /** Pictures that no worker has at the moment, those among them whose time comes again. @throws Unavailable while the connection is lost */
  async waiting(): Promise<number> {
    const { ready, delayed } = await this.queues.pictures.status();
    return ready + delayed;
  }

  async megapixels(): Promise<number> {
    const [rule] = await this.queues.rules.peek();
    return Number(rule?.kwargs.megapixels ?? 2);
  }

  async allow(megapixels: number): Promise<void> {
    await this.mq.publish("shop:rules", kwargs({ megapixels }));
    await this.mq.publish("page:log", `megapixels that the shop takes: ${megapixels}`);
  }

  /** Gives every refused picture another try. */
  async redrive(): Promise<void> {
    const moved = await this.queues.pictures.dead.redrive();
    await this.mq.publish("refusals:redriven");
    await this.mq.publish("page:log", `refused pictures tried again: ${moved}`);
  }

  async discard(): Promise<void> {
    const gone = await this.queues.pictures.dead.purge();
    await this.mq.publish("refusals:discarded");
    await this.mq.publish("page:log", `refused pictures thrown away: ${gone}`);
  }

  async askForReport(): Promise<void> {
    await this.mq.publish("report:nightly");
  }

  private async hear(message: Message): Promise<void> {
    if (message.name === "thumbnail") this.customer.hasThumbnail(thumbnailOf(message));
    else if (message.name === "report") this.customer.hasReport(String(message.args[0]));
    else if (message.name === "shop") this.customer.hasRule(Number(message.kwargs.megapixels));
    else {
      const { message_id: picture, reason } = message.kwargs;
      if (message.action === "dead_letter") this.customer.wasRefused(picture, reason);
      if (message.action === "redriven") this.customer.triesAgain();
      if (message.action === "discarded") this.customer.threwAway();
      await this.lookAtRefusals();
    }
  }

  private async lookAtRefusals(): Promise<void> {
    const letters = await this.queues.pictures.dead.peek(REFUSALS);
    this.customer.hasRefusals(letters.map(refusalOf));
  }
}

function tooLarge(file: File): Error {
  return new Error(`${(file.size / MIB).toFixed(1)} MB; the shop takes files below ${LARGEST / MIB} MB`);
}
