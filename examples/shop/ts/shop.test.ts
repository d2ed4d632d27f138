// The shop, tested without a server, in milliseconds: npx vitest run --root examples/shop/ts
// The same at a gateway, in real time: BERRYMQ_TEST_GATEWAY=localhost:7201 npx vitest run …
import { ask, flush, kwargs, onError, publish, queue } from "berrymq";
import { test as plain } from "berrymq/vitest";
import { expect } from "vitest";
import { openShop } from "./shop.js";

const plums = (count: number) => ({ item: "plum", count, customer: "ann" });
const order = (count: number) => publish("order:new", kwargs(plums(count)));
const deadMails = async () => (await queue({ shared: true, name: "mails" })).dead;

const test = plain.extend<{ shop: ReturnType<typeof open> }>({
  shop: async ({ berrymq: _ }, use) => {
    onError(() => {}); // what handlers throw here, they throw on purpose
    const shop = open();
    await flush();
    await use(shop);
  },
});

/** A shop, what it has posted, and the world around it. */
function open() {
  const letters: string[] = [];
  const world = {
    bank(_customer: string) {},
    post: (_customer: string, text: string) => void letters.push(text),
  };
  const handlers = openShop(
    { plum: 5 },
    { bank: (customer) => world.bank(customer), post: (customer, text) => world.post(customer, text) },
  );
  /** A post office that is closed for so many letters. */
  const closePost = (times: number) => {
    const { post } = world;
    world.post = (customer, text) => {
      if (times-- > 0) throw new Error("the post office is closed");
      post(customer, text);
    };
  };
  return { ...handlers, letters, world, closePost };
}

test("an order is confirmed", async ({ berrymq, shop: _ }) => {
  await order(2);
  const [confirmed] = await berrymq.assertPublished("order:confirmed");
  expect(confirmed!.args).toEqual([plums(2)]);
  await berrymq.assertNotPublished("order:failed");
});

test("each step is called once", async ({ berrymq, shop }) => {
  await order(2);
  await berrymq.mock(shop.reserve).assertCalledOnceWith(plums(2));
  await berrymq.mock(shop.charge).assertCalledOnceWith(plums(2));
  await berrymq.mock(shop.giveUp).assertNotCalled();
});

test("a confirmed order is mailed", async ({ berrymq, shop }) => {
  await order(2);
  await berrymq.assertPublished("mail:sent", kwargs({ to: "ann" }));
  expect(shop.letters).toEqual(["your plum is on its way"]);
});

test("what is not in stock fails", async ({ berrymq, shop: _ }) => {
  await order(6);
  const [failed] = await berrymq.assertPublished("order:failed");
  expect([failed!.failure!.text, failed!.attributes["berrymq-at"]]).toEqual(["only 5 of plum left", "stock:reserve"]);
  await berrymq.assertNotPublished("payment:charge");
});

test("a refused card gives the stock back", async ({ berrymq, shop }) => {
  shop.world.bank = (customer) => {
    throw new Error(`no money, ${customer}`);
  };
  await order(5);
  await berrymq.assertPublished("order:failed");
  expect(await ask("shop:report")).toEqual({ confirmed: 0, failed: 1, stock: { plum: 5 } });
});

test("who fails is told by mail", async ({ berrymq, shop }) => {
  await order(6);
  await berrymq.assertPublished("mail:sent", kwargs({ to: "ann" }));
  expect(shop.letters).toEqual(["no plum: only 5 of plum left"]);
});

test("a mail is tried again after a second", async ({ berrymq, shop }) => {
  shop.closePost(1);
  await order(1);
  await berrymq.assertNotPublished("mail:sent");
  await berrymq.advance(1);
  await berrymq.assertPublished("mail:sent");
  expect(shop.letters).toHaveLength(1);
});

test("a mail that never goes is a dead letter", async ({ berrymq, shop }) => {
  shop.closePost(100);
  await order(1);
  const letter = await (await deadMails()).get({ timeout: 10 });
  expect([letter!.kwargs.to, letter!.attributes["berrymq-dead-attempts"]]).toEqual(["ann", "3"]);
  expect(berrymq.now).toBeGreaterThanOrEqual(3);
});

test("a dead letter is sent after all", async ({ berrymq, shop }) => {
  shop.closePost(3);
  await order(1);
  const dead = await deadMails();
  await (await dead.get({ timeout: 10, autoAck: false }))!.release();
  await dead.redrive();
  await berrymq.assertPublished("mail:sent");
  expect(shop.letters).toHaveLength(1);
});

test("the report counts orders", async ({ berrymq, shop: _ }) => {
  for (const count of [2, 2, 2]) await order(count);
  await berrymq.settle();
  expect(await ask("shop:report")).toEqual({ confirmed: 2, failed: 1, stock: { plum: 1 } });
});

test("nobody gets a mail twice", async ({ berrymq, shop, skip }) => {
  skip(Boolean(process.env.BERRYMQ_TEST_GATEWAY), "faults are for virtual time");
  berrymq.faults({ duplicate: 1, reorder: 0.5 });
  for (let count = 0; count < 3; count++) await order(1);
  await berrymq.settle();
  expect(shop.letters).toHaveLength(3);
  expect(berrymq.mock(shop.mail).callCount).toBe(6);
});
