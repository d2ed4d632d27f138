// `make bench`: messages per second from one SDK through a gateway to the same SDK, 128 bytes each, in windows of 20000.
// `tsx test/bench/bench.ts ts 600000` measures one language with another count.
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Gateway } from "../support/gateway.ts";
import { interpreters, root } from "../support/programs.ts";

const languages = {
  ts: { command: [process.execPath, join(import.meta.dirname, "peer.mjs")], count: 1_000_000 },
  python: { command: [...interpreters.python, join(import.meta.dirname, "peer.py")], count: 400_000 },
  ruby: { command: [...interpreters.ruby, join(import.meta.dirname, "peer.rb")], count: 200_000 },
};
type Spoken = keyof typeof languages;

interface Peer {
  process: ChildProcessWithoutNullStreams;
  lines: AsyncIterator<string>;
}

function peer(language: Spoken, role: string, url: string, count: number): Peer {
  const [command, ...parameters] = languages[language].command;
  const child = spawn(command!, [...parameters, role, url, `${count}`], { cwd: root, stdio: "pipe" });
  child.stderr.pipe(process.stderr);
  return { process: child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() };
}

async function nextLine({ lines }: Peer): Promise<string> {
  const { value, done } = await lines.next();
  if (done) throw new Error("a peer ended without a word");
  return value;
}

const perSecond = (messages: number, seconds: number) => `${Math.round(messages / seconds / 1000)}k msg/s`;

async function measure(language: Spoken, count: number): Promise<string> {
  const gateway = await Gateway.start();
  const follower = peer(language, "follow", gateway.url, count);
  const publisher = peer(language, "publish", gateway.url, count);
  try {
    await nextLine(follower);
    publisher.process.stdin.write("go\n");
    const published = JSON.parse(await nextLine(publisher)) as { seconds: number };
    const followed = JSON.parse(await nextLine(follower)) as { seconds: number; messages: number };
    const heard = perSecond(followed.messages, followed.seconds);
    const lost = count - followed.messages;
    return `${language}: published ${perSecond(count, published.seconds)}, heard ${heard}, lost to lag ${lost} of ${count}`;
  } finally {
    follower.process.kill();
    publisher.process.kill();
    await gateway.stop();
  }
}

const [chosen, count] = process.argv.slice(2);
for (const language of Object.keys(languages) as Spoken[]) {
  if (chosen !== undefined && chosen !== language) continue;
  console.log(await measure(language, Number(count ?? languages[language].count)));
}
