// The log of the thumbnail shop writes its report every night, without anybody's asking.
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "berrymq";
import { expect, test } from "vitest";
import { Background } from "../support/background.ts";
import { Gateway } from "../support/gateway.ts";
import { interpreters, root } from "../support/programs.ts";

test("a shop whose nights are short has a report for each", async () => {
  const folder = mkdtempSync(join(tmpdir(), "nightly-report-"));
  const gateway = await Gateway.start();
  const log = new Background([...interpreters.ruby, join(root, "examples/thumbnails/log.rb"), folder, "0.2"], {
    BERRYMQ_URL: gateway.url,
  });
  try {
    await using mq = await connect(gateway.url);
    const reports = await mq.queue("report:written");
    await log.prints("ready");
    for (let night = 1; night <= 2; night++) expect(await reports.get({ timeout: 20 })).toBeDefined();
    expect(readdirSync(folder)).toContain("shop.log");
    expect(await log.leave()).toBe(0);
  } finally {
    await log.kill();
    await gateway.stop();
    rmSync(folder, { recursive: true });
  }
});
