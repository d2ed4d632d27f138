// The OpenAPI document: valid, and as complete as the contract.
import { Validator } from "@seriousme/openapi-schema-validator";
import { expect, test } from "vitest";
import { serviceNamed } from "../../json/descriptors.js";
import { routes } from "../routes.js";
import { index, openApiDocument } from "./document.js";

type Operation = { operationId: string; parameters: { $ref?: string; name: string; in: string }[] };

const document = JSON.parse(JSON.stringify(openApiDocument())) as {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: object };
};
const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([verb, operation]) => ({ path, verb, operation })),
);

test("it is valid OpenAPI 3.1", async () => {
  const { valid, errors } = await new Validator().validate(structuredClone(document) as never);
  expect(errors).toBeUndefined();
  expect(valid).toBe(true);
});

test("every reference leads somewhere", () => {
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path]) => path!);
  const found = (path: string) => path.split("/").reduce<unknown>((at, key) => (at as never)?.[key], document);
  expect([...new Set(references)].filter((path) => found(path) === undefined)).toEqual([]);
});

test("operations have names of their own", () => {
  const names = operations.map(({ operation }) => operation.operationId);
  expect(new Set(names).size).toBe(names.length);
});

test("every part of a path is a parameter", () => {
  for (const { path, operation } of operations) {
    const inPath = operation.parameters.filter((each) => each.in === "path").map(({ name }) => name);
    expect([path, inPath]).toEqual([path, [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)]);
  }
});

test("every call of the contract is there, but the stream of batches", () => {
  const services = ["PublisherService", "FollowerService", "QueueService", "TalkService"];
  const calls = services.flatMap((name) => serviceNamed(name).methods.map((method) => `${name}.${method.name}`));
  const names = new Set(operations.map(({ operation }) => operation.operationId));
  expect(calls.filter((call) => !names.has(call))).toEqual(["PublisherService.PublishBatches"]);
});

test("the index tells every route in a sentence", () => {
  const { routes: told } = index() as { routes: Record<string, string> };
  for (const { verb, path } of routes) expect(told[`${verb} ${path}`]).toMatch(/^[A-Z].*\.$/);
});
