// CloudEvents over real sockets: in and out in three modes, beside the specification's own library.
import { CloudEvent, HTTP } from "cloudevents";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { TestGateway } from "../../../../testing/gateway.js";
import { TestClient } from "../../../../testing/http.js";

const STRUCTURED = "application/cloudevents+json";
const BATCH = "application/cloudevents-batch+json";

let gateway: TestGateway;
let client: TestClient;
let queue: string;
let made = 0;

beforeAll(async () => {
  gateway = await TestGateway.open();
  client = new TestClient(gateway.port);
});
afterAll(() => gateway.close());
beforeEach(async () => {
  queue = `q${made++}`;
  await client.put(`/v1/queues/${queue}`);
});

const event = (fields: object = {}) => ({
  specversion: "1.0",
  id: "1",
  source: "/s",
  type: `${queue}.made`,
  ...fields,
});
const structured = (value: unknown) => client.post("/v1/cloudevents", value, { "content-type": STRUCTURED });
const batch = (value: unknown) => client.post("/v1/cloudevents", value, { "content-type": BATCH });
const binary = (headers: Record<string, string>, body?: string | Buffer) =>
  client.send("POST", "/v1/cloudevents", body, {
    "ce-specversion": "1.0",
    "ce-id": "1",
    "ce-source": "/s",
    ...headers,
  });
const shown = async () => (await client.get(`/v1/queues/${queue}/messages`)).json.messages[0];
const as = (type: string) => client.get(`/v1/queues/${queue}/messages?max=1`, { accept: type });
const asBinary = () => client.get(`/v1/queues/${queue}/messages?cloudevents=binary`);

describe("an event comes out as it came in", () => {
  test.each<[string, object]>([
    ["with nothing but what is required", {}],
    ["with JSON", { datacontenttype: "application/json", data: { a: [1, null, "x"] } }],
    ["with a kind of JSON", { datacontenttype: "application/vnd.x+json; v=1", data: "text" }],
    ["with null", { datacontenttype: "application/json", data: null }],
    ["with text", { datacontenttype: "text/plain", data: "höllo" }],
    ["with bytes", { datacontenttype: "image/png", data_base64: "AP8=" }],
    ["with all attributes", { time: "2020-01-01T00:00:00.123456789+01:00", subject: "ü %", dataschema: "http://x/y" }],
    ["with extensions", { traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", empty: "" }],
    ["with the type of an identifier", { type: "q0:made" }],
    ["with a type of one part", { type: "ping" }],
    ["with a long source", { source: `https://example.com/${"x".repeat(500)}` }],
  ])("%s", async (_what, fields) => {
    const sent = event(fields);
    await client.put(`/v1/queues/${queue}.all`, { patterns: ["*:*"], max_messages: 1, overflow: "drop_oldest" });
    expect((await structured(sent)).status).toBe(200);
    const back = await client.get(`/v1/queues/${queue}.all/messages`, { accept: STRUCTURED });
    expect([back.type, back.json]).toEqual([STRUCTURED, sent]);
    await client.send("DELETE", `/v1/queues/${queue}.all`);
  });

  test("with exact numbers", async () => {
    const text = JSON.stringify(event()).replace(/}$/, ',"data":{"big":12345678901234567890,"one":1.0}}');
    await client.send("POST", "/v1/cloudevents", text, { "content-type": STRUCTURED });
    expect((await as(STRUCTURED)).text).toContain('"data":{"big":12345678901234567890,"one":1.0}');
  });

  test("in binary mode", async () => {
    const headers = {
      "ce-type": `${queue}.made`,
      "ce-subject": "%C3%BC%20%25",
      "ce-number": "5",
      "content-type": "image/png",
    };
    expect((await binary(headers, Buffer.of(0, 255))).status).toBe(200);
    const back = await asBinary();
    expect(back.headers.get("content-type")).toBe("image/png");
    for (const [name, value] of Object.entries(headers)) expect(back.headers.get(name)).toBe(value);
    expect(back.headers.get("ce-id")).toBe("1");
    expect(back.headers.get("content-length")).toBe("2");
  });
});

describe("as a message", () => {
  test("an event is read like any other", async () => {
    const sent = event({ datacontenttype: "application/json", data: { a: 1 }, subject: "s", colour: "red" });
    const { json } = await structured(sent);
    expect(await shown()).toMatchObject({
      id: json.id,
      identifier: `${queue}:made`,
      sender: "/s",
      content_type: "application/json",
      payload: { a: 1 },
      attributes: { ce_id: "1", ce_source: "/s", ce_type: `${queue}.made`, ce_subject: "s", colour: "red" },
    });
  });

  test("ids belong to their sources: the same one of two sources is two messages, of one source one", async () => {
    for (const source of ["/s", "/t", "/s"]) await structured(event({ source }));
    expect((await client.get(`/v1/queues/${queue}`)).json.status.ready).toBe(2);
  });

  test("a time long ago does not end it", async () => {
    await client.put(`/v1/queues/${queue}.short`, { patterns: [`${queue}:*`], ttl: 60 });
    await structured(event({ time: "1999-12-31T23:59:59Z" }));
    expect((await client.get(`/v1/queues/${queue}.short`)).json.status.ready).toBe(1);
  });

  test("a call of berryMQ travels as one", async () => {
    const call = { datacontenttype: "application/vnd.berrymq.call+json", data: { args: [1], kwargs: { a: 2 } } };
    await structured(event(call));
    expect(await shown()).toMatchObject({ args: [1], kwargs: { a: 2 } });
    expect((await as(STRUCTURED)).json).toMatchObject(call);
  });

  test("an event may tell a priority", async () => {
    await structured(event({ berrymq: '{"priority":7}' }));
    expect(await shown()).toMatchObject({ priority: 7 });
  });
});

test("a message of berryMQ is an event, and comes in again as it was", async () => {
  const message = {
    id: "m 1",
    identifier: `${queue}:made`,
    sender: "me@home/ü",
    published_at: 1600000000123456,
    priority: 3,
    reply_to: "r:y",
    attributes: { good: "ü", Bad_Name: "x\u0085", id: "i", ce_subject: "s", ce_id: "lonely", berrymq: "b" },
    args: [1.5],
    kwargs: {},
  };
  await client.post("/v1/messages", message);
  const before = await shown();
  const { json } = await as(STRUCTURED);
  expect(json).toMatchObject({
    id: "m 1",
    source: "berrymq:me%40home%2F%C3%BC",
    type: `${queue}:made`,
    subject: "s",
    good: "ü",
  });
  expect(json.time).toBe("2020-09-13T12:26:40.123456Z");
  await client.send("DELETE", `/v1/queues/${queue}`);
  await client.put(`/v1/queues/${queue}`);
  expect((await structured(json)).json.id).toBe("m 1");
  expect(await shown()).toEqual(before);
});

describe("the specification's library", () => {
  test.each(["structured", "binary"] as const)("sends what is taken, and reads what is sent (%s)", async (mode) => {
    const sent = new CloudEvent({
      id: "1",
      source: "/s",
      type: `${queue}.made`,
      subject: "s",
      data: { a: 1 },
      ext: "x",
    });
    const message = HTTP[mode](sent);
    const answer = await client.send(
      "POST",
      "/v1/cloudevents",
      message.body as string,
      message.headers as Record<string, string>,
    );
    expect(answer.status).toBe(200);
    const back = mode === "binary" ? await asBinary() : await as(STRUCTURED);
    const read = HTTP.toEvent({ headers: Object.fromEntries(back.headers), body: back.text }) as CloudEvent<unknown>;
    expect(read).toMatchObject({ id: "1", source: "/s", type: `${queue}.made`, subject: "s", ext: "x" });
    expect(read.data).toEqual({ a: 1 });
  });
});

describe("what is no event is 400, naming it", () => {
  test.each<[object, string]>([
    [{ id: undefined }, "event: id: missing"],
    [{ id: "", source: undefined }, "event: id, source: missing"],
    [{ specversion: "0.3" }, 'specversion: "0.3"'],
    [{ source: "a b" }, "source: it must match"],
    [{ time: "yesterday" }, "time: it must match"],
    [{ time: "2016-12-31T23:59:60Z" }, "time: there is no"],
    [{ subject: "" }, "subject: "],
    [{ id: 5 }, "event.id: a text is expected"],
    [{ Extension: "x" }, "Extension: names of attributes"],
    [{ ext: 1.5 }, "event.ext: a text, an integer, true or false"],
    [{ ext: {} }, "event.ext"],
    [{ ext: "\u0000" }, "ext: control characters"],
    [{ data: 1, data_base64: "AA==" }, "exclude each other"],
    [{ data: {}, datacontenttype: "text/plain" }, "a text is expected"],
    [{ data_base64: "%%%" }, "payload"],
    [{ data: [], datacontenttype: "application/vnd.berrymq.call+json" }, "args"],
    [{ berrymq: "{" }, "event.berrymq is no JSON"],
    [{ berrymq: '{"payload":1}' }, "payload: it may hold"],
    [{ berrymq: '{"attributes":[]}' }, "attributes"],
    [{ type: "a:" }, "is empty"],
  ])("%j", async (fields, why) => {
    const refused = await structured(event(fields));
    expect([refused.status, refused.json.detail]).toEqual([400, expect.stringContaining(why)]);
  });

  test("in binary mode", async () => {
    expect((await client.send("POST", "/v1/cloudevents", "x")).json.detail).toContain("specversion, id, source, type");
    expect((await binary({ "ce-type": "x:y", "ce-ext": "%ff" })).json.detail).toContain("ce-ext: it is not UTF-8");
    expect((await binary({ "ce-type": "x:y", "ce-datacontenttype": "x" })).json.detail).toContain("content-type");
    expect((await binary({ "ce-type": "berrymq:x" })).status).toBe(403);
  });

  test("in another format", async () => {
    const refused = await client.send("POST", "/v1/cloudevents", "<x/>", {
      "content-type": "application/cloudevents+xml",
    });
    expect([refused.status, refused.headers.get("accept")]).toEqual([415, expect.stringContaining(STRUCTURED)]);
  });
});

describe("a batch", () => {
  test("is published in order, and each event is told", async () => {
    const { status, json } = await batch([event({ id: "a" }), event({ id: "b" })]);
    expect([status, json.results.map(({ queues }: { queues: number }) => queues)]).toEqual([200, [1, 1]]);
    const back = await client.get(`/v1/queues/${queue}/messages?max=9`, { accept: BATCH });
    expect([back.type, back.json.map(({ id }: { id: string }) => id)]).toEqual([BATCH, ["a", "b"]]);
    expect((await batch([])).json).toEqual({ results: [] });
  });

  test("with an event that is none publishes nothing", async () => {
    const refused = await batch([event(), event({ id: "2", source: undefined })]);
    expect([refused.status, refused.json.detail]).toEqual([
      400,
      "event[1]: source: missing; every CloudEvent has them",
    ]);
    expect((await client.get(`/v1/queues/${queue}`)).json.status.ready).toBe(0);
  });

  test("of which some are refused has the status of the first, and tells each", async () => {
    await client.put(`/v1/queues/${queue}.small`, { max_messages: 1 });
    const type = `${queue}.small.made`;
    const refused = await batch([event({ id: "a", type }), event({ id: "b", type })]);
    expect([refused.status, refused.json]).toMatchObject([429, { reason: "QUEUE_FULL", retryable: true }]);
    expect(refused.json.results).toMatchObject([{ queues: 1 }, { error: { reason: "QUEUE_FULL", retryable: true } }]);
  });

  test("of too many, or that is no list, is refused", async () => {
    expect((await batch(Array.from({ length: 1001 }, () => event()))).status).toBe(413);
    expect((await batch(event())).status).toBe(400);
  });
});

describe("a get", () => {
  const get = (fields: object, headers: Record<string, string>, query = "") =>
    client.post(`/v1/queues/${queue}/get${query}`, fields, headers);

  test("takes messages as events, if they need no settling", async () => {
    await structured(event());
    const leased = await get({}, { accept: STRUCTURED });
    expect([leased.status, leased.json.detail]).toEqual([400, expect.stringContaining("auto_ack")]);
    expect((await get({ auto_ack: true }, { accept: STRUCTURED })).json).toEqual(event());
    expect(await get({ auto_ack: true }, { accept: STRUCTURED })).toMatchObject({ status: 204, text: "" });
    expect((await get({ auto_ack: true, max: 5 }, { accept: BATCH })).json).toEqual([]);
  });

  test("of one event holds one", async () => {
    expect((await get({ auto_ack: true, max: 2 }, { accept: STRUCTURED })).json.detail).toContain("max: 2");
    expect((await get({ auto_ack: true }, {}, "?cloudevents=json")).json.detail).toContain("cloudevents");
  });

  test("in binary mode gives what headers cannot carry in structured mode", async () => {
    await client.post("/v1/messages", { identifier: `${queue}:x`, args: [], attributes: { long: "x".repeat(20_000) } });
    const back = await get({ auto_ack: true }, {}, "?cloudevents=binary");
    expect([back.type, back.json.long.length]).toEqual([STRUCTURED, 20_000]);
  });
});
