// The dashboard: asks for all queues every few seconds, and starts and stops what is pushed to consumers.
const EVERY_MS = 10_000;
const policies = { 1: "broadcast", 2: "roundrobin" };
const told = document.getElementById("told");
const rows = document.getElementById("queues");

async function show() {
  try {
    const response = await fetch("/stats/");
    const { queues, count, redis } = await response.json();
    told.textContent = `${redis}: ${count} queues`;
    rows.replaceChildren(...Object.values(queues).map(rowOf));
  } catch (error) {
    told.textContent = `The gateway does not answer: ${error.message}`;
  }
}

function rowOf({ name, len, policy, status }) {
  const row = document.createElement("tr");
  for (const text of [name, len, policies[policy], status === 1 ? "started" : "stopped"]) {
    row.insertCell().textContent = text;
  }
  row.insertCell().append(buttonFor(name, status === 1 ? "stop" : "start"));
  return row;
}

function buttonFor(name, status) {
  const button = document.createElement("button");
  button.textContent = status;
  button.addEventListener("click", async () => {
    const path = name.split("/").map(encodeURIComponent).join("/");
    await fetch(`/control/${path}`, { method: "POST", body: new URLSearchParams({ status }) });
    await show();
  });
  return button;
}

show();
setInterval(show, EVERY_MS);
