// The public surface of the package; test/surface.test.ts pins it.
export { Bus, type ConnectOptions, type Publication } from "./bus.js";
export {
  ask,
  askMany,
  close,
  connect,
  defaultBus,
  flush,
  follow,
  following,
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
export type { Following, FollowOptions, Guard, Handler } from "./follower.js";
export { Identifier, matches } from "./identifier.js";
export type { DropCallback, IdentCallback, Mailbox, MailboxOptions, ReceiveCallback, Removable } from "./mailbox.js";
export { type Failure, Message, type MessageOptions } from "./message.js";
export { type KeywordArguments, type Kwargs, kwargs } from "./payload.js";
export { Pipeline, type PipelineOptions, pipeline } from "./pipeline.js";
export type { Asking } from "./question.js";
export {
  type ConsumeOptions,
  type GetOptions,
  type Overflow,
  type Policy,
  Queue,
  type QueueOptions,
  type QueueStatus,
  type RedriveOptions,
} from "./queue.js";
export type { Receipt } from "./receipt.js";
export type { Stream, StreamOptions } from "./stream.js";
export { Reject, Release, Retry } from "./verdicts.js";
