// The process's own bus, and its methods as functions.
import { type AnyBus, Bus } from "./bus.js";
import type { AnyEvents, EventMap } from "./events.js";
import { inside } from "./inside.js";
import { atHand } from "./message.js";

/** The bus of the functions of this package. */
export const defaultBus = new Bus();
atHand.origin = inside(defaultBus).origin;

/** {@link Bus.publish} of the default bus. @function */
export const publish: Bus["publish"] = (...all) => defaultBus.publish(...all);
/** {@link Bus.twitter} of the default bus. @function */
export const twitter: Bus["twitter"] = (...all) => defaultBus.twitter(...all);
/** {@link Bus.publishMany} of the default bus. @function */
export const publishMany: Bus["publishMany"] = (...all) => defaultBus.publishMany(...all);
/** {@link Bus.talk} of the default bus. @function */
export const talk: Bus["talk"] = (...all) => defaultBus.talk(...all);
/** {@link Bus.ask} of the default bus. @function */
export const ask: Bus["ask"] = (...all) => defaultBus.ask(...all);
/** {@link Bus.askMany} of the default bus. @function */
export const askMany: Bus["askMany"] = (...all) => defaultBus.askMany(...all);
/** {@link Bus.within} of the default bus. @function */
export const within: Bus["within"] = (...all) => defaultBus.within(...all);
/** {@link Bus.follow} of the default bus. @function */
export const follow: Bus["follow"] = (...all) => defaultBus.follow(...all);
/** {@link Bus.followingFunction} of the default bus. @function */
export const followingFunction: Bus["followingFunction"] = (...all: Parameters<Bus["followingFunction"]>) =>
  defaultBus.followingFunction(...all);
/** {@link Bus.registFunction} of the default bus. @function */
export const registFunction: Bus["registFunction"] = followingFunction;
/** {@link Bus.registMethod} of the default bus. @function */
export const registMethod: Bus["registMethod"] = (...all) => defaultBus.registMethod(...all);
/** {@link Bus.setMultiplicity} of the default bus. @function */
export const setMultiplicity: Bus["setMultiplicity"] = (...all) => defaultBus.setMultiplicity(...all);
/** {@link Bus.showFollowers} of the default bus. @function */
export const showFollowers: Bus["showFollowers"] = (...all) => defaultBus.showFollowers(...all);
/** {@link Bus.onError} of the default bus. @function */
export const onError: Bus["onError"] = (...all) => defaultBus.onError(...all);
/** {@link Bus.queue} of the default bus. @function */
export const queue: Bus["queue"] = (...all) => defaultBus.queue(...all);
/** {@link Bus.send} of the default bus. @function */
export const send: Bus["send"] = (...all) => defaultBus.send(...all);
/** {@link Bus.mailbox} of the default bus. @function */
export const mailbox: Bus["mailbox"] = (...all) => defaultBus.mailbox(...all);
/** {@link Bus.onRecv} of the default bus. @function */
export const onRecv: Bus["onRecv"] = (...all) => defaultBus.onRecv(...all);
/** {@link Bus.onDrop} of the default bus. @function */
export const onDrop: Bus["onDrop"] = (...all) => defaultBus.onDrop(...all);
/** {@link Bus.onConnect} of the default bus. @function */
export const onConnect: Bus["onConnect"] = (...all) => defaultBus.onConnect(...all);
/** {@link Bus.onDisconnect} of the default bus. @function */
export const onDisconnect: Bus["onDisconnect"] = (...all) => defaultBus.onDisconnect(...all);
/** As of {@link Bus}. @typeParam E which identifiers there are and what they carry; absent = anything. */
export const connect = <E extends EventMap<E> = AnyEvents>(...all: Parameters<Bus["connect"]>): Promise<Bus<E>> =>
  defaultBus.connect(...all) as Promise<AnyBus>;
/** {@link Bus.flush} of the default bus. @function */
export const flush: Bus["flush"] = (...all) => defaultBus.flush(...all);
/** {@link Bus.close} of the default bus. @function */
export const close: Bus["close"] = (...all) => defaultBus.close(...all);
