// Every program of the page that introduced berryMQ in 2009 runs as it was printed, and does what the page says.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { interpreters, root, run } from "../support/programs.ts";
import { programsOf, readPage } from "./berrymq-2009/page.ts";

const programs = programsOf(readPage());
const folder = join(root, ".build/berrymq-2009");

beforeAll(() => void mkdirSync(folder, { recursive: true }));

/** What stands for the reader's own work: it tells where it was called, and has a value. */
const elided = {
  python: `
import sys

def elided(words):
    frame = sys._getframe(1)
    print(frame.f_code.co_name, "is called with", frame.f_locals["message"].id)
    return words
`,
  ruby: `
require "berrymq"

def elided(words)
  puts "#{caller_locations(1, 1).first.label} is called"
  words
end
`,
};

interface Play {
  says: string;
  /** Which programs of the page, one after the other. */
  of: number[];
  /** The names that the page takes from its surroundings. */
  given?: string;
  /** What the reader does next. */
  afterwards: string;
  prints: string | RegExp;
}

const plays: Play[] = [
  {
    says: "a class whose metaclass is Follower: its objects hear what their methods follow",
    of: [0],
    given: "from berrymq import Follower, following, twitter",
    afterwards: 'logger = Logger()\ntwitter("any:log")\ntwitter("any:other")\ndel logger\ntwitter("any:log")',
    prints: "receive_log is called with any:log\n",
  },
  {
    says: "a Ruby class that includes BerryMQ::Follower does, too",
    of: [1],
    afterwards: 'logger = Logger.new\nBerryMQ.twitter("any:log")\nBerryMQ.twitter("any:other")\nraise unless logger',
    prints: "receive_log is called\n",
  },
  {
    says: "do_something() calls receive_log(), and the button run_command()",
    of: [2],
    afterwards: "do_something()\non_start_button_pressed()",
    prints: /^receive_log: do_something:log @ \w{3} \w{3} .*\d{4}\nrun_command is called with start:command\n$/,
  },
  {
    says: "a queue stores what matches, to be pulled when one likes",
    of: [3, 4],
    given: 'import berrymq\nberrymq.twitter("task:before", 1)',
    afterwards: `print(message.id, message.args)
try:
    queue.get_nowait()
except berrymq.Empty:
    print("empty")
try:
    queue.get(block=False)
except berrymq.Empty:
    print("empty, too")`,
    prints: "task:mail (2,)\nempty\nempty, too\n",
  },
  {
    says: "talk() brings the result of the first function to the second",
    of: [5],
    given: `import logging
import berrymq

logging.basicConfig(stream=sys.stdout, format="receive_result logs %(message)s", level=logging.INFO)

@berrymq.following_function("test:log_result")
def hear_as_well(message):
    print("the result is", message.args[0])
`,
    afterwards: "on_unittest_start_button_pressed(None)",
    prints: "do_process is called with test:process\nthe result is do something\nreceive_result logs test\n",
  },
];

/** Between two programs of one play the page's reader publishes something. */
const between = '\nberrymq.twitter("task:mail", 2)\n';

test("the page has six programs, one of them in Ruby", () => {
  expect(programs.map(({ language }) => language)).toEqual(["python", "ruby", "python", "python", "python", "python"]);
  expect(plays.flatMap((play) => play.of)).toEqual([0, 1, 2, 3, 4, 5]);
});

test.each(plays)("$says", async ({ of, given = "", afterwards, prints }) => {
  const { language } = programs[of[0]!]!;
  const page = of.map((number) => programs[number]!.code).join(between);
  const whole = [elided[language], given, page, afterwards].join("\n");
  const path = join(folder, `program-${of.join("-")}.${language === "python" ? "py" : "rb"}`);
  // Ruby has a Logger of its own.
  writeFileSync(path, language === "ruby" ? `${whole.replace("# Ruby\n", "module Page\n")}\nend\n` : whole);
  const ran = await run([...interpreters[language], path]);
  expect(ran, ran.stderr).toMatchObject({ exitCode: 0 });
  if (typeof prints === "string") expect(ran.stdout).toBe(prints);
  else expect(ran.stdout).toMatch(prints);
});
