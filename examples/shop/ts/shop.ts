// A small shop: orders, stock, payment, mails. Its parts know messages, and not each other; shop.test.ts tests it without a server.
import { followingFunction, kwargs, type Message, pipeline, publish } from "berrymq";

export interface Order {
  readonly item: string;
  readonly count: number;
  readonly customer: string;
}

/** What really charges and sends. Each throws when it cannot. */
export interface World {
  bank(customer: string, order: Order): void;
  post(customer: string, text: string): void;
}

export const checkout = pipeline("stock:reserve", "payment:charge", "order:confirmed", { errors: "order:failed" });
/** Tried again after 1 s and 2 s, then a dead letter. */
const mails = { backoff: [1, 60], maxAttempts: 3 } as const;

/** Opens the shop. `stock` is how many of each item there are. */
export function openShop(stock: Record<string, number>, { bank, post }: World) {
  const open = new Map<string, Order>(); // pipeline → order
  const counts = { confirmed: 0, failed: 0 };
  const sent = new Set<string>();
  const orderOf = ({ attributes }: Message) => open.get(attributes["berrymq-pipeline"]!)!;

  /** An order: kwargs `item`, `count`, `customer`. */
  function take({ kwargs: order }: Message) {
    void checkout.talk(order);
  }

  function reserve({ args: [order], attributes }: Message) {
    open.set(attributes["berrymq-pipeline"]!, order);
    const left = stock[order.item] ?? 0;
    if (left < order.count) throw new Error(`only ${left} of ${order.item} left`);
    stock[order.item] = left - order.count;
    return order;
  }

  function charge({ args: [order] }: Message) {
    bank(order.customer, order);
    return order;
  }

  function confirm(message: Message) {
    const { item, customer } = orderOf(message);
    counts.confirmed++;
    void publish("mail:send", `your ${item} is on its way`, kwargs({ to: customer }));
  }

  /** What was reserved goes back, when it was the payment that failed. */
  function giveUp(message: Message) {
    const { item, count, customer } = orderOf(message);
    counts.failed++;
    if (message.attributes["berrymq-at"] === "payment:charge") stock[item]! += count;
    void publish("mail:send", `no ${item}: ${message.failure!.text}`, kwargs({ to: customer }));
  }

  /** A queue hands out at least once: what was sent is not sent again. */
  function mail({ args: [text], kwargs: { to }, messageId }: Message) {
    if (sent.has(messageId)) return;
    post(to, text);
    sent.add(messageId);
    void publish("mail:sent", kwargs({ to }));
  }

  followingFunction("order:new", take);
  followingFunction("stock:reserve", reserve);
  followingFunction("payment:charge", charge);
  followingFunction("order:confirmed", confirm);
  followingFunction("order:failed", giveUp);
  followingFunction("mail:send", mail, { queue: "mails", queueOptions: mails });
  followingFunction("shop:report", () => ({ ...counts, stock }));
  return { take, reserve, charge, confirm, giveUp, mail };
}
