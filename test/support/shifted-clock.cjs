// Preloaded into a gateway (`node --require`): shifts what its wall clock shows by the seconds that the file $BERRYMQ_TEST_CLOCK holds.
const { readFileSync } = require("node:fs");

const real = Date.now;
Date.now = () => real() + 1000 * Number(readFileSync(process.env.BERRYMQ_TEST_CLOCK, "utf8"));
