// Whom the gateway may be asked to call back: this machine, and the networks that are configured. A name is resolved once, and what is
// called afterwards is the address that was judged, whatever the name says then.
import { lookup } from "node:dns/promises";
import { BlockList, isIP } from "node:net";
import { Refusal } from "../../model/errors.js";

export interface Target {
  /** As the client named it. */
  readonly host: string;
  readonly port: number;
  /** Where that is: an IP address. */
  readonly address: string;
}

const LOOPBACK = ["127.0.0.0/8", "::1/128"];

export class Targets {
  readonly #allowed = new BlockList();

  /** @param networks as CIDR, beside this machine */
  constructor(readonly networks: readonly string[]) {
    for (const network of [...LOOPBACK, ...networks]) {
      const [address, bits] = network.split("/") as [string, string];
      this.#allowed.addSubnet(address, Number(bits), familyOf(address));
    }
  }

  /** @throws Refusal INVALID_ARGUMENT, which tells what to configure. */
  async resolve(host: string, port: number): Promise<Target> {
    const found = isIP(host) ? [host] : await addressesOf(host);
    const address = found.find((each) => this.#allows(each));
    if (address !== undefined) return { host, port, address };
    const networks = [...LOOPBACK, ...this.networks].join(", ");
    throw new Refusal(
      "INVALID_ARGUMENT",
      `addr: ${host} is ${found.join(", ")}, which this gateway may not call; it may call ${networks}; ` +
        `name its network in the setting "interconnectTargets" of the gateway`,
    );
  }

  #allows(address: string): boolean {
    // A scope (`fe80::1%eth0`) is no part of what networks are compared with.
    return !address.includes("%") && this.#allowed.check(address, familyOf(address));
  }
}

async function addressesOf(host: string): Promise<string[]> {
  const unknown = new Refusal("INVALID_ARGUMENT", `addr: there is no host ${JSON.stringify(host.slice(0, 253))}`);
  if (host === "") throw unknown;
  try {
    // IPv4 first: most programs of 2009 listen to nothing else.
    const found = await lookup(host, { all: true, order: "ipv4first" });
    return found.map(({ address }) => address);
  } catch {
    throw unknown;
  }
}

function familyOf(address: string): "ipv4" | "ipv6" {
  return isIP(address) === 6 ? "ipv6" : "ipv4";
}
