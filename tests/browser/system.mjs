// A running system, and calls of it from outside the browser.
import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";

const { request } = JSON.parse(await readFile(new URL("../../examples/orders/01-plain.json", import.meta.url), "utf8"));

// start runs the system until stop is called.
export async function start(program, storefront, options) {
  const args = ["up", "--addr=127.0.0.1:0", "--aws-addr=127.0.0.1:0", "--in-memory", `--param=CorsOrigins=${storefront}`, ...options];
  const process = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
  let log = "";
  process.stderr.on("data", (text) => { log = (log + text).slice(-20_000); });
  const ended = new Promise((resolve) => process.on("exit", resolve));
  const at = {};
  for await (const line of createInterface({ input: process.stdout })) {
    const [name, value] = line.split(/ +/);
    if (name === "ready") break;
    at[name] = value;
  }
  if (!at.api || !at.aws) throw new Error(`the system did not start: ${log}`);
  const stop = () => { process.kill("SIGINT"); return ended; };
  return { api: at.api, aws: at.aws, request, stop, log: () => log };
}

async function json(url, options) {
  const response = await fetch(url, options);
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  return response.json();
}

// token returns an access token; groups may make it an operator's.
export async function token(system, sub, groups = []) {
  const body = JSON.stringify({ sub, groups, scopes: ["orders:read", "orders:write"] });
  return (await json(`${system.api}/_local/token`, { method: "POST", headers: { "Orderflow-Local": "1" }, body })).access_token;
}

// pay places an order and waits until it is paid; it returns its id.
export async function pay(system, bearer) {
  const headers = {
    Authorization: `Bearer ${bearer}`, "Content-Type": "application/json", "Idempotency-Key": "before-the-pages",
  };
  const { orderId } = await json(`${system.api}/orders`, { method: "POST", headers, body: JSON.stringify(request) });
  for (const end = Date.now() + 60_000; Date.now() < end; await new Promise((r) => setTimeout(r, 100))) {
    const { status } = await json(`${system.api}/orders/${orderId}`, { headers });
    const sent = await notifications(system); // "confirmed" is the last step before the carrier's answer
    if (status === "PAID" && sent.length > 0) return orderId;
  }
  throw new Error(`order ${orderId} was not paid`);
}

const notifications = (system) => json(`${system.api}/_local/notifications`, { headers: { "Orderflow-Local": "1" } });

// state returns everything that the pages try to change.
export async function state(system) {
  const aws = (target, body) =>
    json(system.aws, { method: "POST", headers: { "X-Amz-Target": target }, body: JSON.stringify(body) });
  const list = new URLSearchParams({ Action: "ListTopics", Version: "2010-03-31" });
  const topics = await fetch(system.aws, { method: "POST", body: list });
  return JSON.stringify({
    topics: (await topics.text()).match(/arn:aws:sns:[^<]*/g),
    orders: await aws("DynamoDB_20120810.Scan", { TableName: "orderflow-orders" }),
    sandbox: await aws("DynamoDB_20120810.Scan", { TableName: "orderflow-sandbox" }),
    notifications: await notifications(system),
  });
}
