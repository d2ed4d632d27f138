// Inboxes of asks: answers as they come, an end when enough came or nobody is left.
import { expect, test } from "vitest";
import { batch, messagesOf } from "../../testing/batches.js";
import type { DeepPartial, Message } from "../gen/berrymq/v1/message.js";
import { Asks } from "./asks.js";
import { Session } from "./session.js";

const [asker, ann, bob] = ["asker", "ann", "bob"].map((name) => new Session(name, name)) as [Session, Session, Session];
const EVERYBODYS = 0xffff_ffff;

function open(want: number, expected = [ann, bob]) {
  const asks = new Asks({ asks: 10 });
  const inbox = asks.open(asker, new Set(expected), want);
  const answer = (who: Session, number: number, of: number, fields: DeepPartial<Message> = {}) =>
    inbox.push(batch({ answer: { to: "m", number, of }, sender: who.ident, ...fields }), 1, 0, who);
  const heard = async () => {
    const senders: string[] = [];
    for await (const entry of inbox) senders.push(messagesOf([entry])[0]!.sender);
    return senders;
  };
  return { asks, inbox, answer, heard };
}

test("the first answer ends an ask for one", async () => {
  const { answer, heard } = open(1);
  answer(bob, 1, 1);
  answer(ann, 1, 1);
  expect(await heard()).toEqual(["bob"]);
});

test("everybody's answers come until everybody has answered", async () => {
  const { answer, heard } = open(EVERYBODYS);
  const all = heard();
  answer(ann, 1, 2);
  answer(bob, 1, 1);
  answer(ann, 2, 2);
  expect(await all).toEqual(["ann", "bob", "ann"]);
});

test("a session whose handlers end in another order than they began is heard whole", async () => {
  const { answer, heard } = open(EVERYBODYS, [ann]);
  const all = heard();
  answer(ann, 2, 2, { sender: "the second" });
  answer(ann, 1, 2, { sender: "the first" });
  expect(await all).toEqual(["the second", "the first"]);
});

test("who declines is waited for no longer", async () => {
  const { answer, heard, inbox } = open(EVERYBODYS);
  answer(ann, 0, 0);
  answer(bob, 0, 0);
  expect(await heard()).toEqual([]);
  expect(inbox.came).toBe(0);
});

test("who leaves is waited for no longer", async () => {
  const { asks, answer, heard } = open(EVERYBODYS);
  const all = heard();
  answer(ann, 1, 1);
  asks.left(bob);
  expect(await all).toEqual(["ann"]);
});

test("many answers in one run are all heard", async () => {
  const { heard, inbox } = open(2);
  const answers = [1, 2].map((number) => ({ answer: { to: "m", number, of: 2 }, sender: "ann" }));
  inbox.push(batch(...answers), 2, 0, ann);
  expect(await heard()).toEqual(["ann", "ann"]);
});

test("an inbox is found by its identifier until it is closed", () => {
  const { asks, inbox } = open(1);
  expect(asks.find(inbox.identifier)).toBe(inbox);
  asks.close(inbox);
  expect(asks.find(inbox.identifier)).toBeUndefined();
});

test("no more asks wait than the limit says, and it is named", () => {
  const asks = new Asks({ asks: 1 });
  asks.open(asker, new Set([ann]), 1);
  expect(() => asks.open(asker, new Set([ann]), 1)).toThrow("1 asks wait already, which is the limit");
});
