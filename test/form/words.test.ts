// One word per thing (docs/glossary.md): words of other systems for what already has a name here stay out of the code, and of all pages
// but those that translate them.
import { basename } from "node:path";
import { expect, test } from "vitest";
import { files, sourceFiles, text } from "./repository.ts";

const foreign = {
  // "subscription" is the JSON doors' name for an open stream, and to subscribe is to open one.
  follower: /subscriber|\bsubscribe(?!\()/i,
  identifier: /\btopics?\b/i,
  engine: /\bback-?end\b/i,
};

test.each(Object.entries(foreign))("%s is called so everywhere", (_, word) => {
  const wrong = [...sourceFiles(), ...files("*.md")].filter(
    (path) => !/^(test\/form|docs\/coming-from)\//.test(path) && word.test(text(path)),
  );
  expect(wrong).toEqual([]);
});

test("no file is named after having no subject", () => {
  const vague = /^(utils?|helpers?|managers?|misc|common)\b/;
  expect(sourceFiles().filter((path) => vague.test(basename(path)))).toEqual([]);
});
