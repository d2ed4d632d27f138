// Types all the way: the compiler knows what there is, what it carries, and what answers it. It needs no gateway.
import { Bus, following, kwargs, type MessageOf } from "berrymq";

interface Order {
  readonly lines: readonly { readonly article: string; readonly price: number }[];
}

interface Events {
  "order:placed": { args: [number: number, order: Order]; result: number };
  "order:shipped": { args: [number: number]; kwargs: { by: string } };
}

const mq = new Bus<Events>(); // over the network: await connect<Events>("localhost:7201")

class Shop {
  @following("order:placed", { bus: mq })
  total(message: MessageOf<Events, "order:placed">): number {
    const [, order] = message.args;
    return order.lines.reduce((sum, { price }) => sum + price, 0);
  }
}

const shop = new Shop();
mq.followingFunction("order:*", (message) => {
  // A pattern gives the union; the identifier tells them apart.
  if (message.id === "order:shipped") console.log(`${message.args[0]} is on its way by ${message.kwargs.by}`);
});

const order: Order = {
  lines: [
    { article: "berries", price: 2.5 },
    { article: "cream", price: 1 },
  ],
};
const total = await mq.ask("order:placed", 1, order);
console.log(total.toFixed(2), shop instanceof Shop);
await mq.publish("order:shipped", 1, kwargs({ by: "bicycle" }));
// @ts-expect-error the parcel's number is no text
await mq.publish("order:shipped", "one", kwargs({ by: "bicycle" }));
