// The public surface of the package; test/surface.test.ts pins it.
/**
 * What a program has of berryMQ. The functions are those of one default {@link Bus}; times are seconds.
 *
 * - To publish and to follow: {@link publish}, {@link followingFunction}, {@link following}, {@link follow}; the {@link Message}.
 * - To ask: {@link ask}, {@link askMany}, {@link within}, {@link talk}, {@link pipeline}.
 * - What is kept until it is done: {@link queue}; what its handlers may throw: {@link Retry}, {@link Reject}, {@link Release}.
 * - Between programs: {@link connect}, {@link run}, {@link close}, {@link send}, {@link mailbox}.
 * - When something goes wrong: every refusal is a {@link BerryMQError}; {@link onError} hears what handlers throw.
 *
 * @module berrymq
 */
export { type AutoTwitterOptions, autoTwitter, type Telling } from "./auto-twitter.js";
export { type AnyBus, Bus, type ConnectOptions, type Publication } from "./bus.js";
export {
  closeConnection,
  connectOneway,
  connectViaQueue,
  get,
  getNowait,
  interconnect,
  type StyleOptions,
  sendMessage,
} from "./classic.js";
export type { Clock, Timer } from "./clock.js";
export { Condition, cond } from "./condition.js";
export { debugMessages } from "./debug-messages.js";
export {
  ask,
  askMany,
  close,
  connect,
  defaultBus,
  flush,
  follow,
  followingFunction,
  mailbox,
  onConnect,
  onDisconnect,
  onDrop,
  onError,
  onRecv,
  publish,
  publishMany,
  queue,
  registFunction,
  registMethod,
  send,
  setMultiplicity,
  showFollowers,
  talk,
  twitter,
  within,
} from "./default-bus.js";
export { Delivery } from "./delivery.js";
export type { ErrorCallback } from "./dispatcher.js";
export type { Answer, Attributes } from "./envelope.js";
export * from "./errors.js";
export type {
  AnyEvents,
  EventMap,
  EventShape,
  MessageOf,
  MessagesOf,
  PatternOf,
  ResultOf,
  SystemEvents,
} from "./events.js";
export type { Following, FollowOptions, Guard, Handler } from "./follower.js";
export { type FollowingOptions, following } from "./following.js";
export { Identifier, matches } from "./identifier.js";
export type { DropCallback, IdentCallback, Mailbox, MailboxOptions, ReceiveCallback, Removable } from "./mailbox.js";
export { type Failure, Message, type MessageOptions } from "./message.js";
export { type ShowNetworkOptions, showNetwork } from "./network.js";
export { type KeywordArguments, type Kwargs, kwargs } from "./payload.js";
export { Pipeline, type PipelineOptions, pipeline } from "./pipeline.js";
export type { Asking } from "./question.js";
export {
  type ConsumeOptions,
  type GetOptions,
  type NamedQueue,
  type Overflow,
  type Policy,
  Queue,
  type QueueOptions,
  type QueueStatus,
  type RedriveOptions,
} from "./queue.js";
export type { Receipt } from "./receipt.js";
export type { HandlerError } from "./reporting.js";
export { run } from "./running.js";
export type { Stream, StreamOptions } from "./stream.js";
export type { AnyHandler } from "./target.js";
export { type TwitterExceptionOptions, twitterException } from "./twitter-exception.js";
export { type OnBus, takeErrors, unfollow } from "./unfollow.js";
export { Reject, Release, Retry } from "./verdicts.js";
