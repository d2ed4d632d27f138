// How the gateway's unit tests run: beside the files that they judge.
import { defineConfig } from "vitest/config";

export default defineConfig({
  // One load of the sources for all files: they share nothing that changes.
  test: { include: ["src/**/*.test.ts"], testTimeout: 20_000, hookTimeout: 20_000, isolate: false },
});
