// How a gRPC call becomes a call of the contract: every failure a status. One wrapper for each kind of call.
import { once } from "node:events";
import type {
  handleServerStreamingCall,
  handleUnaryCall,
  Metadata,
  ServerDuplexStream,
  ServiceDefinition,
  UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { toRefusal } from "../../model/errors.js";
import { type Caller, readCaller } from "../../service/caller.js";
import type { Log } from "../../telemetry/log.js";
import {
  type Call,
  DRAINING,
  type DuplexCall,
  type ServerStreamCall,
  type UnaryCall,
  type Wire,
} from "../contract/call.js";
import type { OpenStreams } from "../open-streams.js";
import { toServiceError } from "./status.js";

const identity = (bytes: Buffer) => bytes;

/** The definition of a berrymq.v1 service whose (de)serializers hand bytes through. */
export function definitionOf(service: string, calls: Readonly<Record<string, Call>>): ServiceDefinition {
  const entries = Object.entries(calls).map(([name, { kind }]) => [
    name,
    {
      path: `/berrymq.v1.${service}/${name}`,
      requestStream: kind === "duplex",
      responseStream: kind !== "unary",
      requestSerialize: identity,
      requestDeserialize: identity,
      responseSerialize: identity,
      responseDeserialize: identity,
    },
  ]);
  return Object.fromEntries(entries);
}

export function implementationOf(
  calls: Readonly<Record<string, Call>>,
  streams: OpenStreams,
  log: Log,
): UntypedServiceImplementation {
  const handlers = Object.entries(calls).map(([name, call]) => {
    switch (call.kind) {
      case "unary":
        return [name, unary(log, streams, call.run)];
      case "serverStream":
        return [name, serverStream(log, streams, call.run)];
      case "duplex":
        return [name, duplex(log, streams, call.run)];
    }
  });
  return Object.fromEntries(handlers);
}

/** @throws Refusal */
function callerOf(metadata: Metadata): Caller {
  return readCaller(text(metadata, "berrymq-session"), text(metadata, "berrymq-ident"));
}

function text(metadata: Metadata, key: string): string {
  const [value] = metadata.get(key);
  return typeof value === "string" ? value : "";
}

function unary(log: Log, streams: OpenStreams, run: UnaryCall): handleUnaryCall<Buffer, Buffer> {
  return (grpc, callback) => {
    const gone = new AbortController();
    grpc.on("cancelled", () => gone.abort());
    const open = streams.add(() => gone.abort(DRAINING));
    const answer = async () => run(grpc.request, { caller: callerOf(grpc.metadata), signal: gone.signal });
    answer()
      .then(
        (response) => callback(null, response),
        (error: unknown) => callback(errorOf(log, error)),
      )
      .finally(() => open.close());
  };
}

function serverStream(
  log: Log,
  streams: OpenStreams,
  run: ServerStreamCall,
): handleServerStreamingCall<Buffer, Buffer> {
  return (grpc) => {
    const gone = new AbortController();
    const { signal } = gone;
    grpc.on("cancelled", () => gone.abort());
    const open = streams.add(() => gone.abort(DRAINING));
    const answer = async () => {
      for await (const response of run(grpc.request, { caller: callerOf(grpc.metadata), signal })) {
        if (!grpc.write(response)) await once(grpc, "drain", { signal }).catch(() => {});
      }
      if (signal.reason === DRAINING) throw DRAINING;
      grpc.end();
    };
    answer()
      .catch((error: unknown) => grpc.emit("error", errorOf(log, error)))
      .finally(() => open.close());
  };
}

function duplex(log: Log, streams: OpenStreams, run: DuplexCall) {
  return (grpc: ServerDuplexStream<Buffer, Buffer>) => {
    let closed = () => {};
    const fail = (error: unknown) => {
      closed();
      grpc.emit("error", errorOf(log, error));
    };
    try {
      const conversation = run(new GrpcWire(grpc, callerOf(grpc.metadata), fail));
      const open = streams.add(() => conversation.draining());
      closed = () => {
        open.close();
        conversation.closed();
      };
      grpc.on("data", (bytes: Buffer) => conversation.request(bytes));
      grpc.on("end", () => conversation.requestsEnded());
      grpc.on("drain", () => conversation.flushed());
      grpc.on("close", closed);
      grpc.on("cancelled", closed);
    } catch (error) {
      fail(error);
    }
  };
}

class GrpcWire implements Wire {
  constructor(
    readonly grpc: ServerDuplexStream<Buffer, Buffer>,
    readonly caller: Caller,
    readonly fail: (error: unknown) => void,
  ) {}

  get writable(): boolean {
    return this.grpc.writable;
  }

  write(response: Buffer, written?: () => void): boolean {
    return this.grpc.write(response, written);
  }

  pause(): void {
    this.grpc.pause();
  }

  resume(): void {
    this.grpc.resume();
  }

  end(): void {
    this.grpc.end();
  }
}

function errorOf(log: Log, error: unknown): ReturnType<typeof toServiceError> {
  return toServiceError(toRefusal(error, (cause) => log.error({ err: cause }, "a call failed")));
}
