// Carries methods out: JSON in, a call of the contract, JSON out.
import type { DescMethod } from "@bufbuild/protobuf";
import { Refusal } from "../../model/errors.js";
import { type Call, DRAINING, type UnaryCall } from "../contract/call.js";
import type { Contract } from "../contract/contract.js";
import type { JsonCaller } from "../http/caller.js";
import { fromBytes, type JsonObject, toBytes } from "../json/codec.js";
import { methodNamed } from "../json/descriptors.js";
import { streamNamed } from "../json/streams.js";
import type { Stream, Subscription } from "../json/subscription.js";
import type { Subscriptions } from "../json/subscriptions.js";
import { openRpcDocument } from "./discover.js";
import { type Method, methods } from "./methods.js";
import { byName, positionsOf } from "./params.js";

/** By whom, and over what, a method is called. */
export interface Host {
  readonly caller: JsonCaller;
  /** Given when the client is gone, or, with DRAINING as its reason, when the gateway is about to stop. */
  readonly signal: AbortSignal;
  /** Opens a subscription whose events go to the client; it starts once the call is answered. */
  openStream(stream: Stream, params: JsonObject): Promise<Subscription>;
}

export type Invoke = (params: unknown, host: Host) => Promise<unknown>;

/** Every method, ready to be carried out. */
export function invokersOf(contract: Contract, subscriptions: Subscriptions): ReadonlyMap<string, Invoke> {
  const invokers = new Map<string, Invoke>();
  for (const [name, method] of methods) invokers.set(name, invokerOf(name, method, contract, subscriptions));
  const document = openRpcDocument();
  invokers.set("rpc.discover", async (params) => {
    nothingElse(byName(params, []), "none");
    return document;
  });
  return invokers;
}

function invokerOf(name: string, method: Method, contract: Contract, subscriptions: Subscriptions): Invoke {
  const described = methodNamed(method.service, method.call);
  const positions = positionsOf(described.input);
  const call = contract[method.service][method.call]!;
  const [stream] = name.split(".") as [string];
  switch (method.kind) {
    case "unary":
    case "single":
      return one(described, positions, answering(call));
    case "all":
    case "last":
      return many(described, positions, call, method);
    case "open":
      return async (params, host) => {
        const { id } = await host.openStream(streamNamed(stream, contract), byName(params, positions));
        return { subscription: id };
      };
    case "update":
      return async (params) => {
        const { subscription, ...fields } = byName(params, ["subscription", ...positions]);
        await subscriptions.get(subscription, stream).request(fields);
        return {};
      };
    case "end":
      return async (params) => {
        const { subscription, ...more } = byName(params, ["subscription"]);
        nothingElse(more, "subscription");
        subscriptions.get(subscription, stream).stop();
        return {};
      };
  }
}

function answering(call: Call): UnaryCall {
  const run = call.kind === "unary" ? call.run : call.kind === "duplex" ? call.single : undefined;
  if (run === undefined) throw new Error("the call has no answer of its own");
  return run;
}

function one({ input, output }: DescMethod, positions: string[], run: UnaryCall): Invoke {
  return async (params, host) => {
    const response = await run(toBytes(input, byName(params, positions), "params"), host);
    return fromBytes(output, response, host.caller.payloads);
  };
}

function many({ input, output }: DescMethod, positions: string[], call: Call, { kind, list }: Method): Invoke {
  if (call.kind !== "serverStream") throw new Error("the call has one response");
  return async (params, host) => {
    const responses: JsonObject[] = [];
    for await (const response of call.run(toBytes(input, byName(params, positions), "params"), host)) {
      if (kind === "last") responses.length = 0;
      responses.push(fromBytes(output, response, host.caller.payloads));
    }
    if (host.signal.reason === DRAINING) throw DRAINING;
    return kind === "last"
      ? (responses[0] ?? fromBytes(output, Buffer.alloc(0)))
      : { [list!]: responses.flatMap((response) => Object.values(response)) };
  };
}

function nothingElse(more: JsonObject, taken: string): void {
  const [unknown] = Object.keys(more);
  if (unknown === undefined) return;
  throw new Refusal("INVALID_ARGUMENT", `params.${unknown}: there is no such field; there are ${taken}`);
}
