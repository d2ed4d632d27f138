// A gateway's address: which protocol, and where.
import { InvalidArgument, NotSupported } from "../errors.js";

const DEFAULT_PORT = "7201";
const URL_FORM = /^(?:(?<scheme>[a-z]+):\/\/)?(?<host>\[[0-9a-fA-F:.]+\]|[^:/[\]\s]+)(?::(?<port>\d{1,5}))?\/?$/;
/** With TLS: known, and to come. */
const LATER = ["https", "wss"];

export interface Address {
  readonly scheme: string;
  /** `host:port` */
  readonly host: string;
}

/**
 * Reads `host:port` or `scheme://host:port`.
 *
 * @param schemes those that this program can speak, the one of `host:port` first
 * @throws InvalidArgument when it cannot be read, NotSupported when it is of another program's kind
 */
export function readUrl(url: string, schemes: readonly string[]): Address {
  // Of a program that is not compiled, or whose setting is missing: it is no host of the name "undefined".
  const text = typeof url === "string" ? url : "";
  const { scheme = schemes[0]!, host, port = DEFAULT_PORT } = URL_FORM.exec(text)?.groups ?? {};
  const forms = ["host:port", ...schemes.map((each) => `${each}://host:port`)].join(", ");
  if (LATER.includes(scheme)) {
    throw new NotSupported(`${scheme}:// (TLS) is not supported yet; a gateway's address is one of ${forms}`);
  }
  if (host === undefined || Number(port) > 65_535 || !schemes.includes(scheme)) {
    throw new InvalidArgument(`a gateway's address is one of ${forms}, not ${JSON.stringify(url)}`);
  }
  return { scheme, host: `${host}:${port}` };
}
