// The process's own bus, and its methods as functions.
import { type AnyBus, Bus } from "./bus.js";
import type { AnyEvents, EventMap } from "./events.js";
import { inside } from "./inside.js";
import { atHand } from "./message.js";

/** The bus of the functions of this package. */
export const defaultBus = new Bus();
atHand.origin = inside(defaultBus).origin;

export const publish: Bus["publish"] = (...all) => defaultBus.publish(...all);
export const twitter: Bus["twitter"] = (...all) => defaultBus.twitter(...all);
export const publishMany: Bus["publishMany"] = (...all) => defaultBus.publishMany(...all);
export const talk: Bus["talk"] = (...all) => defaultBus.talk(...all);
export const ask: Bus["ask"] = (...all) => defaultBus.ask(...all);
export const askMany: Bus["askMany"] = (...all) => defaultBus.askMany(...all);
export const within: Bus["within"] = (...all) => defaultBus.within(...all);
export const follow: Bus["follow"] = (...all) => defaultBus.follow(...all);
export const followingFunction: Bus["followingFunction"] = (...all: Parameters<Bus["followingFunction"]>) =>
  defaultBus.followingFunction(...all);
export const registFunction: Bus["registFunction"] = followingFunction;
export const registMethod: Bus["registMethod"] = (...all) => defaultBus.registMethod(...all);
export const setMultiplicity: Bus["setMultiplicity"] = (...all) => defaultBus.setMultiplicity(...all);
export const showFollowers: Bus["showFollowers"] = (...all) => defaultBus.showFollowers(...all);
export const onError: Bus["onError"] = (...all) => defaultBus.onError(...all);
export const queue: Bus["queue"] = (...all) => defaultBus.queue(...all);
export const send: Bus["send"] = (...all) => defaultBus.send(...all);
export const mailbox: Bus["mailbox"] = (...all) => defaultBus.mailbox(...all);
export const onRecv: Bus["onRecv"] = (...all) => defaultBus.onRecv(...all);
export const onDrop: Bus["onDrop"] = (...all) => defaultBus.onDrop(...all);
export const onConnect: Bus["onConnect"] = (...all) => defaultBus.onConnect(...all);
export const onDisconnect: Bus["onDisconnect"] = (...all) => defaultBus.onDisconnect(...all);
/** As of {@link Bus}. @typeParam E which identifiers there are and what they carry; absent = anything. */
export const connect = <E extends EventMap<E> = AnyEvents>(...all: Parameters<Bus["connect"]>): Promise<Bus<E>> =>
  defaultBus.connect(...all) as Promise<AnyBus>;
export const flush: Bus["flush"] = (...all) => defaultBus.flush(...all);
export const close: Bus["close"] = (...all) => defaultBus.close(...all);
