// Imports of the gateway run one way: transports → service → broker → engines → model.
import { dirname, join, normalize } from "node:path";
import { describe, expect, test } from "vitest";
import { files, text } from "./repository.ts";

const source = "gateway/src/";

/** What each room may import, beside itself. Files that lie in `src/` itself join the rooms together and may import all. */
const allowed: Record<string, string[]> = {
  transports: ["service", "model", "telemetry", "gen"],
  service: ["broker", "engines", "model", "telemetry", "gen"],
  broker: ["engines", "model", "telemetry", "gen"],
  engines: ["model", "telemetry", "gen"],
  links: ["broker", "model", "telemetry", "gen"],
  telemetry: ["model"],
  model: ["gen"],
  gen: [],
};

/** What transports have in common: the calls of the contract, their JSON form, and the HTTP/1.1 door, which knows its rooms by `rooms.ts` alone. */
const shared = ["contract", "json", "http"];

/** Leaves in `src/` that any room may import: values, no behaviour. */
const openToAll = ["config", "limits", "version"];

interface Import {
  from: string;
  to: string;
}

function imports(): Import[] {
  return files(`${source}*.ts`)
    .filter((path) => !path.endsWith(".test.ts"))
    .flatMap((path) =>
      [...text(path).matchAll(/^(?:import|export)[^"';]*?from\s*"(\.[^"]+)"|^import\s*"(\.[^"]+)"/gms)].map(
        (match) => ({
          from: path.slice(source.length),
          to: normalize(join(dirname(path), match[1] ?? match[2]!)).slice(source.length),
        }),
      ),
    );
}

const room = (path: string) => (path.includes("/") ? path.slice(0, path.indexOf("/")) : "");

describe("imports of the gateway", () => {
  test("run from transports to the model, never back", () => {
    const wrong = imports().filter(({ from, to }) => {
      if (room(from) === "" || room(from) === room(to)) return false;
      if (openToAll.includes(to.replace(/\.js$/, ""))) return false;
      return !allowed[room(from)]?.includes(room(to));
    });
    expect(wrong).toEqual([]);
  });

  test("one transport knows nothing of another", () => {
    const inner = (path: string) => path.match(/^transports\/([a-z0-9]+)\//)?.[1];
    const wrong = imports().filter(({ from, to }) => {
      if (from === "transports/http/rooms.ts" || shared.includes(inner(to) ?? "")) return false;
      return inner(from) && inner(to) && inner(from) !== inner(to);
    });
    expect(wrong).toEqual([]);
  });

  test("one engine knows nothing of another", () => {
    const inner = (path: string) => path.match(/^engines\/([a-z]+)\//)?.[1];
    const wrong = imports().filter(({ from, to }) => inner(from) && inner(to) && inner(from) !== inner(to));
    expect(wrong).toEqual([]);
  });
});
