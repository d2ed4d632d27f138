// Shows every message to `*:log`, from any program in any language, and publishes to `browser:log`.
import { connect } from "berrymq";

const element = (selector: string) => document.querySelector<HTMLElement>(selector)!;
const show = (line: string) => {
  const item = document.createElement("li");
  item.textContent = line;
  element("#heard").append(item);
};

const address = new URLSearchParams(location.search).get("gateway") ?? "ws://localhost:7201";
try {
  const mq = await connect(address);
  mq.followingFunction("*:log", (message) => show([message.sender, message.id, ...message.args].join(" ")));
  await mq.flush();
  element("#state").textContent = `connected to ${address} as ${mq.ident}`;
  element("form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const text = element("form").querySelector("input")!.value;
    const { followers } = await mq.publish("browser:log", text);
    element("#state").textContent = `heard by ${followers} programs`;
  });
} catch (error) {
  element("#state").textContent = (error as Error).message;
}
