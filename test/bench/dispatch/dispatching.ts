// Dispatches in this process, per second: `dispatching.ts CONTESTANT FOLLOWERS [MESSAGES]` prints them.
import { EventEmitter } from "node:events";
import * as mq from "berrymq";
import Emittery from "emittery";
import eventemitter2 from "eventemitter2";

const [contestant = "", followers = "", messages = "200000"] = process.argv.slice(2);
const MESSAGES = Number(messages);
const WARMING = MESSAGES / 10;

type Heard = (value: unknown) => void;

/** Each gives what sends one message to so many followers. */
const contestants: Record<string, (followers: number, heard: Heard) => () => unknown> = {
  berrymq: (followers, heard) => {
    for (let i = 0; i < followers; i++) mq.followingFunction("order:*", (message) => heard(message.args[0]));
    return () => mq.publish("order:new", 1);
  },
  eventemitter2: (followers, heard) => {
    const emitter = new eventemitter2.EventEmitter2({ wildcard: true, delimiter: ":", maxListeners: 0 });
    for (let i = 0; i < followers; i++) emitter.on("order:*", (value) => heard(value));
    return () => emitter.emit("order:new", 1);
  },
  emittery: (followers, heard) => {
    const emitter = new Emittery();
    for (let i = 0; i < followers; i++) emitter.on("order:new", (value) => heard(value));
    return () => emitter.emit("order:new", 1);
  },
  "node:events": (followers, heard) => {
    const emitter = new EventEmitter().setMaxListeners(0);
    for (let i = 0; i < followers; i++) emitter.on("order:new", (value) => heard(value));
    return () => emitter.emit("order:new", 1);
  },
};

let calls = 0;
const send = contestants[contestant]!(Number(followers), () => calls++);
for (let i = 0; i < WARMING; i++) await send();
calls = 0;
const begun = performance.now();
for (let i = 0; i < MESSAGES; i++) await send();
const seconds = (performance.now() - begun) / 1000;
if (calls !== MESSAGES * Number(followers)) throw new Error(`${contestant}: ${calls} calls`);
console.log(MESSAGES / seconds);
