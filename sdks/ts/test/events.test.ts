import fc from "fast-check";
import { expect, it } from "vitest";
import { EventReader } from "../src/transports/http/events.js";

const text = [
  ": heartbeat\n\n",
  'event: message\nid: 7\ndata: {"a":"b: c"}\n\n',
  "retry: 100\n\n",
  "event: ended\r\ndata: 1\r\ndata: 2\r\n\r\n",
  "data:plain\n\n",
].join("");
const events = [
  { name: "message", data: '{"a":"b: c"}' },
  { name: "ended", data: "1\n2" },
  { name: "message", data: "plain" },
];

it("events are read the same, however the connection cuts them", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(text.length)), (cuts) => {
      const places = [0, ...cuts.sort((a, b) => a - b), text.length];
      const reader = new EventReader();
      const read = places.slice(1).flatMap((to, index) => [...reader.read(text.slice(places[index], to))]);
      expect(read).toEqual(events);
    }),
  );
});

it("an event that is not whole yet is not told", () => {
  const reader = new EventReader();
  expect([...reader.read("event: message\ndata: 1\n")]).toEqual([]);
  expect([...reader.read("\n")]).toEqual([{ name: "message", data: "1" }]);
});

it("an event without an end is given up", () => {
  const reader = new EventReader();
  const piece = "x".repeat(16 * 1024 * 1024);
  for (let n = 0; n < 4; n++) expect([...reader.read(piece)]).toEqual([]);
  expect(() => [...reader.read(piece)]).toThrow(RangeError);
});
