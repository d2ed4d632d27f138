// docs/errors.md, error.proto and the error classes of the SDKs tell the same reasons.
import { describe, expect, test } from "vitest";
import { files, markdownTable, text } from "./repository.ts";

const table = markdownTable("docs/errors.md", "reason").map((row) => ({
  reason: row.reason!.replaceAll("`", ""),
  retryable: row.retryable === "yes",
}));

/** `QUEUE_NOT_FOUND` → `QueueNotFound` */
const className = (reason: string) =>
  reason.toLowerCase().replaceAll(/(?:^|_)(.)/g, (_, letter: string) => letter.toUpperCase());

/** Everything an SDK writes about errors, without its generated code. */
const errorRoom = (sdk: string, ending: string) =>
  files(`sdks/${sdk}/*${ending}`)
    .filter((path) => /\/errors(\.|\/)/.test(path) && !path.includes("/gen/"))
    .map(text)
    .join("\n");

test("the page lists exactly the reasons of error.proto", () => {
  const reasons = [...text("proto/berrymq/v1/error.proto").matchAll(/^ {2}REASON_(\w+) = (\d+);/gm)]
    .filter(([, , number]) => number !== "0")
    .map(([, reason]) => reason);
  expect(table.map(({ reason }) => reason)).toEqual(reasons);
});

describe.each([
  { sdk: "python", ending: ".py", define: (name: string) => `class ${name}\\(` },
  { sdk: "ruby", ending: ".rb", define: (name: string) => `class ${name} <|\\b${name} = ` },
  { sdk: "ts", ending: ".ts", define: (name: string) => `class ${name} extends` },
])("the $sdk SDK", ({ sdk, ending, define }) => {
  test("has a class for every reason", () => {
    const room = errorRoom(sdk, ending);
    const missing = table
      .filter(({ reason }) => !new RegExp(define(className(reason))).test(room))
      .map(({ reason }) => reason);
    expect(missing).toEqual([]);
  });
});
