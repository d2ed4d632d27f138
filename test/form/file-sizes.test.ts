// No file swells: the one that does has several rooms in it (shared models, rule 9).
import { expect, test } from "vitest";
import { lines, sourceFiles } from "./repository.ts";

const mostLines = 400;

test(`no source file is longer than ${mostLines} lines`, () => {
  const swollen = sourceFiles()
    .map((path) => ({ path, lines: lines(path).length }))
    .filter(({ lines }) => lines > mostLines);
  expect(swollen).toEqual([]);
});

// Tests say what they are about in their names.
const isTest = (path: string) => /(^|\/)tests?\/|\.test\.ts$|_test\.rb$|\.config\.ts$/.test(path);

test("every source file says in its first lines what room it is", () => {
  const silent = sourceFiles()
    .filter((path) => !path.endsWith(".proto") && !isTest(path))
    .filter(
      (path) =>
        !lines(path)
          .slice(0, 4)
          .some((line) => /^(\/\/|\/\*\*| \*|#(?!!)|""")/.test(line)),
    );
  expect(silent).toEqual([]);
});
