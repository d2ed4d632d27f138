import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Bus, InvalidArgument, type Message, pipeline, Reject, Release, Retry } from "../src/index.js";
import { connected, quiet } from "./support/buses.js";
import { Gateway } from "./support/gateway.js";
import { until } from "./support/until.js";

let gateway: Gateway;
beforeAll(async () => {
  gateway = await Gateway.start();
});
afterAll(() => gateway.stop("SIGKILL"));

const quick = { backoff: [0.01, 0.01] } as const;
let number = 0;
/** A name that no other test uses. */
const fresh = () => `w${++number}`;

it("a publish behind a registration reaches its queue, and everybody hears in order", async () => {
  const [mq, other] = [await connected(gateway), await connected(gateway)];
  const name = fresh();
  const stream = other.follow(`${name}:*`);
  await other.flush();
  const receipts = [mq.publish(`${name}:x`, 0)];
  for (const number of [1, 2, 3]) {
    mq.followingFunction(`${name}:x`, () => {}, { queue: `${name}-${number}` });
    receipts.push(mq.publish(`${name}:x`, number));
  }
  // Queues that were asked for later may stand, too, by then.
  const reached = (await Promise.all(receipts)).map(({ queues }) => queues);
  for (const [number, queues] of reached.entries()) expect(queues).toBeGreaterThanOrEqual(number);
  const heard: unknown[] = [];
  for await (const { args } of stream) if (heard.push(args[0]) === 4) break;
  expect(heard).toEqual([0, 1, 2, 3]);
});

it("a publish does not wait for a queue that is refused", async () => {
  const mq = await connected(gateway);
  const name = fresh();
  const told: unknown[] = [];
  mq.onError((error) => told.push((error as Error & { reason: string }).reason));
  await mq.queue(`${name}:x`, { shared: true, name });
  mq.followingFunction(`${name}:y`, () => {}, { queue: name, queueOptions: { lease: 7 } });
  expect(await mq.publish(`${name}:x`)).toMatchObject({ queues: 1 });
  expect(told).toEqual(["QUEUE_EXISTS"]);
});

describe.each(["in the process", "at a gateway"])("durable following %s", (place) => {
  const bus = (): Promise<Bus> | Bus => (place === "at a gateway" ? connected(gateway) : quiet());

  it("feeds a handler from the queue, and acknowledges as it returns", async () => {
    const mq = await bus();
    const name = fresh();
    const seen: unknown[] = [];
    mq.followingFunction(`${name}:*`, async ({ args, attempt }) => void seen.push([args[0], attempt]), { queue: name });
    await mq.flush();
    expect(await mq.publish(`${name}:x`, 1)).toMatchObject({ followers: 0, queues: 1 });
    await mq.publish(`${name}:x`, 2);
    await until(() => seen.length === 2);
    expect(seen).toEqual([
      [1, 1],
      [2, 1],
    ]);
    const queue = await mq.queue(`${name}:*`, { shared: true, name });
    await until(async () => (await queue.status()).leased === 0);
    expect(await queue.empty()).toBe(true);
  });

  it("retries what threw, by the queue's backoff, and tells onError", async () => {
    const mq = await bus();
    const name = fresh();
    const attempts: number[] = [];
    const told: string[] = [];
    mq.onError((error, message) => told.push(`${message?.id} ${(error as Error).message}`));
    const handler = ({ attempt }: Message) => {
      attempts.push(attempt);
      if (attempt < 3) throw new Error(`no ${attempt}`);
    };
    mq.registFunction(`${name}:*`, handler, { queue: name, queueOptions: quick });
    await mq.flush();
    await mq.publish(`${name}:x`);
    await until(() => attempts.length === 3);
    expect(attempts).toEqual([1, 2, 3]);
    expect(told).toEqual([`${name}:x no 1`, `${name}:x no 2`]);
  });

  it("does as Retry, Reject and Release say, and tells nobody", async () => {
    const mq = await bus();
    const name = fresh();
    const seen: unknown[] = [];
    let told = 0;
    mq.onError(() => told++);
    const verdicts = [new Release(), new Retry(0.01), new Reject("no good")];
    const handler = ({ attempt }: Message) => {
      seen.push(attempt);
      throw verdicts[seen.length - 1];
    };
    mq.followingFunction(`${name}:*`, handler, { queue: name });
    await mq.flush();
    await mq.publish(`${name}:x`, "bad");
    const queue = await mq.queue(`${name}:*`, { shared: true, name });
    const dead = await queue.dead.get({ timeout: 5 }).catch(() => undefined);
    await until(() => seen.length === 3);
    expect(seen).toEqual([1, 1, 2]);
    const letter = dead ?? (await queue.dead.get({ timeout: 5 }))!;
    expect(letter.args).toEqual(["bad"]);
    expect(letter.attributes["berrymq-dead-reason"]).toBe("no good");
    expect(told).toBe(0);
  });

  it("handles as many messages at a time as it was told", async () => {
    const mq = await bus();
    const name = fresh();
    const ends: (() => void)[] = [];
    const handler = () => new Promise<void>((resolve) => ends.push(resolve));
    mq.followingFunction(`${name}:*`, handler, { queue: name, concurrency: 2 });
    await mq.flush();
    for (let n = 0; n < 3; n++) await mq.publish(`${name}:x`, n);
    await until(() => ends.length === 2);
    const queue = await mq.queue(`${name}:*`, { shared: true, name });
    expect(await queue.status()).toMatchObject({ leased: 2, ready: 1 });
    ends[0]!();
    await until(() => ends.length === 3);
    for (const end of ends) end();
  });

  it("keeps the lease for as long as the handler runs", async () => {
    const mq = await bus();
    const name = fresh();
    const attempts: number[] = [];
    let done = false;
    const handler = async ({ attempt, signal }: Message) => {
      attempts.push(attempt);
      const begun = Date.now();
      await until(() => Date.now() - begun > 700);
      expect(signal!.aborted).toBe(false);
      done = true;
    };
    mq.followingFunction(`${name}:*`, handler, { queue: name, queueOptions: { lease: 0.2 } });
    await mq.flush();
    await mq.publish(`${name}:x`);
    await until(() => done);
    const queue = await mq.queue(`${name}:*`, { shared: true, name, lease: 0.2 });
    await until(async () => (await queue.status()).leased === 0);
    expect(attempts).toEqual([1]);
  });

  it("aborts the message's signal when the lease is lost, and settles nothing", async () => {
    const mq = await bus();
    const name = fresh();
    const seen: Message[] = [];
    let told = 0;
    mq.onError(() => told++);
    const handler = async (message: Message) => {
      seen.push(message);
      await until(() => message.signal!.aborted);
    };
    mq.followingFunction(`${name}:*`, handler, { queue: name, queueOptions: { lease: 0.3 } });
    await mq.flush();
    await mq.publish(`${name}:x`);
    await until(() => seen.length === 1);
    const queue = await mq.queue(`${name}:*`, { shared: true, name, lease: 0.3 });
    await queue.delete();
    await until(() => seen[0]!.signal!.aborted);
    expect(seen[0]!.signal!.aborted).toBe(true);
  });

  it("publishes a talk's answer", async () => {
    const mq = await bus();
    const name = fresh();
    const answers: unknown[] = [];
    mq.followingFunction(`${name}:*`, ({ args }) => args[0] * 2, { queue: name });
    mq.followingFunction(`${name}-done:x`, ({ args, answer }) => answers.push([args[0], answer?.failed]));
    await mq.flush();
    await mq.talk(`${name}:x`, `${name}-done:x`, 21);
    await until(() => answers.length === 1);
    expect(answers).toEqual([[42, false]]);
  });

  it("tells a talk of the failure once there is no further attempt, and a pipeline's errors", async () => {
    const mq = await bus();
    const name = fresh();
    const told: unknown[] = [];
    let attempts = 0;
    const raised: Record<string, () => Error> = {
      error: () => new RangeError(`no ${++attempts}`),
      retry: () => new Retry(0),
      reject: () => new Reject("unreadable"),
    };
    const handler = ({ args }: Message) => {
      throw raised[args[0]]!();
    };
    const queueOptions = { backoff: [0, 0], maxAttempts: 2 } as const;
    mq.followingFunction(`${name}:*`, handler, { queue: name, queueOptions });
    mq.followingFunction(`${name}-done:x`, ({ failure, answer, attributes }) => {
      told.push([failure?.className, failure?.text, answer?.failed, attributes["berrymq-at"]]);
    });
    await mq.flush();
    await mq.talk(`${name}:x`, `${name}-done:x`, "error");
    await until(() => told.length === 1);
    await mq.talk(`${name}:x`, `${name}-done:x`, "retry");
    await until(() => told.length === 2);
    await mq.talk(`${name}:x`, `${name}-done:x`, "reject");
    await until(() => told.length === 3);
    await pipeline(`${name}:p`, `${name}:q`, `${name}-done:x`, { bus: mq }).talk("error");
    await until(() => told.length === 4);
    await expect(pipeline(`${name}:p`, `${name}:q`, { bus: mq }).ask("error")).rejects.toThrow("no 6");
    expect(told).toEqual([
      ["RangeError", "no 2", true, undefined],
      ["Retry", "wanted the message again after 0 s", true, undefined],
      ["Reject", "unreadable", true, undefined],
      ["RangeError", "no 4", true, `${name}:p`],
    ]);
  });

  it("ends when it is told to: the queue keeps what comes", async () => {
    const mq = await bus();
    const name = fresh();
    let heard = 0;
    const following = mq.followingFunction(`${name}:*`, () => heard++, { queue: name });
    await mq.flush();
    expect(mq.showFollowers()).toEqual([`${name}:*`]);
    await mq.publish(`${name}:x`);
    await until(() => heard === 1);
    following.unfollow();
    following.unfollow();
    const queue = await mq.queue(`${name}:*`, { shared: true, name });
    await until(async () => (await queue.status()).consumers === 0);
    await mq.publish(`${name}:x`);
    expect(await queue.qsize()).toBe(1);
    expect(heard).toBe(1);
  });

  it("passes over what the guard refuses, and feeds methods", async () => {
    const mq = await bus();
    const name = fresh();
    const worker = {
      seen: [] as unknown[],
      take(message: Message) {
        this.seen.push(message.args[0]);
      },
    };
    const options = { queue: name, guard: (message: Message) => message.args[0] !== 1 };
    mq.registMethod(`${name}:*`, worker, worker.take, options);
    await mq.flush();
    for (const n of [0, 1, 2]) await mq.publish(`${name}:x`, n);
    await until(() => worker.seen.length === 2);
    expect(worker.seen).toEqual([0, 2]);
  });

  it("takes a queue of others as it is, unless it keeps nothing of the pattern", async () => {
    const mq = await bus();
    const name = fresh();
    const told: string[] = [];
    mq.onError((error) => told.push((error as Error).message));
    mq.followingFunction(`${name}:*`, () => {}, { queue: name });
    mq.followingFunction(`${name}:x`, () => {}, { queue: name });
    try {
      mq.followingFunction(`other${name}:x`, () => {}, { queue: name });
    } catch (error) {
      told.push((error as Error).message);
    }
    await mq.flush();
    expect(told).toEqual([expect.stringContaining(`other${name}:x asked`)]);
  });

  it("refuses bad options", async () => {
    const mq = await bus();
    expect(() => mq.followingFunction("a:b", () => {}, { queue: "q", concurrency: 0 })).toThrow(InvalidArgument);
    expect(() => mq.followingFunction("te*t", () => {}, { queue: "q" })).toThrow("te*t");
  });
});

describe("durable following at a gateway", () => {
  it("shares the work with others who name the queue", async () => {
    const name = fresh();
    const seen: string[] = [];
    for (const who of ["one", "other"]) {
      const mq = await connected(gateway);
      mq.followingFunction(`${name}:*`, () => void seen.push(who), { queue: name });
      await mq.flush();
    }
    const publisher = await connected(gateway);
    await publisher.publishMany(Array.from({ length: 40 }, () => [`${name}:x`] as const));
    await until(() => seen.length === 40);
    expect(new Set(seen)).toEqual(new Set(["one", "other"]));
  });

  it("moves to the gateway as the bus connects, and works off what it had", async () => {
    const mq = quiet();
    const name = fresh();
    const seen: unknown[] = [];
    const handler = async ({ args }: Message) => {
      await until(() => mq.ident === "moved");
      seen.push(args[0]);
    };
    mq.followingFunction(`${name}:*`, handler, { queue: name });
    for (const n of [1, 2]) await mq.publish(`${name}:x`, n);
    await mq.connect(gateway.url, { ident: "moved" });
    const other = await connected(gateway);
    expect(await other.publish(`${name}:x`, 3)).toMatchObject({ followers: 0, queues: 1 });
    await until(() => seen.length === 3);
    expect(seen.sort()).toEqual([1, 2, 3]);
  });

  it("goes on after a restart that forgot the queue, and loses the lease of what was at hand", async () => {
    await using first = await Gateway.start();
    const [a, b] = [await connected(first), await connected(first)];
    const seen: Message[] = [];
    const handler = async (message: Message) => {
      seen.push(message);
      if (message.args[0] === "held") await until(() => message.signal!.aborted);
    };
    b.followingFunction("restart:*", handler, { queue: "restart", queueOptions: { maxAttempts: 7 } });
    await a.queue(["theirs:*", "theirs-too:*"], { shared: true, name: "theirs" });
    b.followingFunction("theirs:*", handler, { queue: "theirs" });
    const own = await b.queue("restart:own", { shared: true });
    await b.flush();
    await a.publish("restart:x", "held");
    await until(() => seen.length === 1);
    await first.stop("SIGKILL");
    await using _second = await Gateway.start(first.port);
    await until(() => seen[0]!.signal!.aborted);
    await until(async () => (await a.publish("restart:x", "again")).queues > 0);
    await until(() => seen.some(({ args }) => args[0] === "again"));
    // Made again as it was, by who knew one of its patterns.
    await until(async () => (await a.publish("theirs-too:x")).queues > 0, 30);
    await until(() => seen.some(({ id }) => id === "theirs-too:x"));
    expect(await own.qsize()).toBe(0);
    await a.publish("restart:own", 1);
    await until(() => seen.some(({ id }) => id === "restart:own"));
    expect((await own.get({ timeout: 5 }))!.args).toEqual([1]);
    await own.delete();
    await expect(own.qsize()).rejects.toThrow("restart:own");
  }, 60_000);

  it("lets handlers finish as the bus closes, and gives back what is left", async () => {
    const name = fresh();
    const mq = await connected(gateway);
    let release!: () => void;
    let begun = false;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const handler = async () => {
      begun = true;
      await gate;
    };
    mq.followingFunction(`${name}:*`, handler, { queue: name });
    await mq.flush();
    const other = await connected(gateway);
    await other.publishMany([
      [`${name}:x`, 1],
      [`${name}:x`, 2],
    ]);
    await until(() => begun);
    const closing = mq.close();
    release();
    await closing;
    const queue = await other.queue(`${name}:*`, { shared: true, name });
    expect((await queue.get({ timeout: 5 }))!.args).toEqual([2]);
    expect(await queue.empty()).toBe(true);
  });
});
