// Two programs in one file, as snakeMQ showed them: "niess" answers whoever writes to it; "bob" sends it a hundred long texts and
// counts the answers. `mailbox.ts niess` is the one, `mailbox.ts bob` the other, `mailbox.ts` alone is both.
import { once } from "node:events";
import { Bus } from "berrymq";

const url = process.env.BERRYMQ_URL ?? "localhost:7201";
const role = process.argv[2];
const times = 100;

/** Greets everybody who writes to it. */
async function niess(): Promise<Bus> {
  const mq = new Bus("niess");
  mq.onRecv((ident) => mq.send(ident, `hello, ${ident}`));
  return mq.connect(url);
}

/** Sends, and waits until each text was answered; `niess` may come later. */
async function bob(): Promise<void> {
  await using mq = new Bus("bob");
  let hellos = 0;
  let done!: () => void;
  const answered = new Promise<void>((resolve) => {
    done = resolve;
  });
  mq.onRecv((_ident, message) => {
    if (message.args[0] === "hello, bob" && ++hellos === times) done();
  });
  await mq.connect(url);
  const text = "x".repeat(1024 * 1024);
  for (let n = 0; n < times; n++) await mq.send("niess", text);
  await answered;
  console.log(`${hellos} hellos came`);
}

if (role === "niess") {
  await using _mq = await niess();
  console.log("listening");
  await once(process, "SIGINT");
} else if (role === "bob") await bob();
else {
  await using _mq = await niess();
  await bob();
}
