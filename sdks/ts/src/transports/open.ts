// Chooses the protocol by the address, and loads no other.
import { InvalidArgument } from "../errors.js";
import type { Caller, Connection } from "./transport.js";

const DEFAULT_PORT = "7201";
const URL_FORM = /^(?:(?<scheme>[a-z]+):\/\/)?(?<host>\[[0-9a-fA-F:.]+\]|[^:/[\]\s]+)(?::(?<port>\d{1,5}))?\/?$/;

/** @throws InvalidArgument when the address cannot be read */
export async function openConnection(url: string, caller: Caller): Promise<Connection> {
  const address = readUrl(url);
  const { GrpcConnection } = await import("./grpc/connection.js");
  return new GrpcConnection(address, caller);
}

/** `host:port` of `host:port` or `grpc://host:port`. @throws InvalidArgument */
export function readUrl(url: string): string {
  const { scheme, host, port } = URL_FORM.exec(url)?.groups ?? {};
  if (host === undefined || (scheme !== undefined && scheme !== "grpc")) {
    throw new InvalidArgument(`a gateway's address is host:port or grpc://host:port, not ${JSON.stringify(url)}`);
  }
  return `${host}:${port ?? DEFAULT_PORT}`;
}
