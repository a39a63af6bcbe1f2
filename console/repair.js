// Repairs many orders: a few first, then the rest at a rate, and what became of each.
"use strict";

// actions are what a repair does to each order.
const actions = {
  redrive: { name: "Redrive", done: "redriven", does: "Each execution resumes at the step that failed; steps that succeeded do not run again." },
  cancel: { name: "Cancel", done: "cancelled", does: "Each payment is released or refunded, each stock released, and each customer told." },
  acknowledge: { name: "Acknowledge", done: "acknowledged", does: "Only the mark goes: for problems that were repaired by other means." },
};

// outcomeOf reads what became of an order after the action: PENDING, RECOVERED or FAILED AGAIN. A
// redriven execution that waits for an answer, such as the carrier's, has come past the step that failed.
// A cancelled one is redriven in the background, so that its failure may be the old one.
async function outcomeOf(action, id) {
  const order = await get(`/ops/orders/${id}`), status = order.execution?.status;
  if (action === "cancel") return ended(order) ? "RECOVERED" : "PENDING";
  if (action === "acknowledge") return order.attention ? "FAILED AGAIN" : "RECOVERED";
  if (["FAILED", "TIMED_OUT", "ABORTED"].includes(status)) return order.attention ? "FAILED AGAIN" : "PENDING"; // marked in a moment
  return status === "SUCCEEDED" || order.waitingAt ? "RECOVERED" : "PENDING";
}

// Job is one repair. It runs in this tab; report is called after each step.
class Job {
  constructor({ action, reason, rate, canary, orders, report }) {
    Object.assign(this, { action, reason, rate, canary, report });
    this.items = orders.map((order) => ({ order, outcome: "" }));
    this.state = "RUNNING";
    this.note = "";
  }

  count(outcome) { return this.items.filter((item) => item.outcome === outcome).length; }

  stop(note) {
    this.state = "STOPPED";
    this.note = note;
    this.report();
  }

  async act(item) {
    for (; ;) {
      try {
        await call("POST", `/ops/orders/${item.order.orderId}/${this.action}`, { reason: this.reason });
        item.outcome = "PENDING";
      } catch (error) {
        if (error.status === 429 || error.status === 503) { // throttled: later
          await wait(1000 * (error.retryAfter || 1));
          if (this.state === "RUNNING") continue;
        }
        item.outcome = "REFUSED";
        item.why = error.message;
      }
      this.report();
      return;
    }
  }

  // settle waits until no order is pending, or the time is over.
  async settle(items, ms) {
    for (const end = Date.now() + ms; Date.now() < end && this.state === "RUNNING";) {
      const pending = items.filter((item) => item.outcome === "PENDING");
      if (!pending.length) return;
      for (const item of pending) {
        item.outcome = await outcomeOf(this.action, item.order.orderId).catch(() => "PENDING");
      }
      this.report();
      await wait(500);
    }
  }

  async run() {
    const first = this.items.slice(0, this.canary), rest = this.items.slice(this.canary);
    for (const item of first) await this.act(item);
    await this.settle(first, 30_000);
    const bad = first.filter((item) => item.outcome === "FAILED AGAIN" || item.outcome === "REFUSED").length;
    if (this.state === "RUNNING" && rest.length && bad * 2 > first.length) {
      return this.stop(`${bad} of the first ${first.length} orders were not repaired: the others are left alone.`);
    }
    for (const item of rest) {
      if (this.state !== "RUNNING") return;
      await Promise.all([this.act(item), wait(1000 / this.rate)]);
    }
    await this.settle(this.items, 60_000);
    if (this.state === "RUNNING") this.state = "DONE";
    this.report();
  }
}

// The jobs of this tab, newest first. They go on while other pages are shown.
const jobs = [];

function begin(options) {
  const job = new Job({ ...options, report: () => document.dispatchEvent(new CustomEvent("job")) });
  jobs.unshift(job);
  job.run().catch((error) => job.stop(error.message));
  return job;
}

addEventListener("beforeunload", (event) => {
  if (jobs.some((job) => job.state === "RUNNING")) event.preventDefault();
});

function useJobs() {
  const [, redraw] = useState(0);
  useEffect(() => {
    const again = () => redraw((n) => n + 1);
    document.addEventListener("job", again);
    return () => document.removeEventListener("job", again);
  }, []);
  return jobs;
}

const outcomes = ["RECOVERED", "FAILED AGAIN", "REFUSED", "PENDING"];

function JobCard({ job }) {
  const total = job.items.length, acted = job.items.filter((item) => item.outcome).length;
  const trouble = job.items.filter((item) => item.outcome === "FAILED AGAIN" || item.outcome === "REFUSED");
  return html`<section class="card job" aria-label="Repair">
    <div class="row between"><h3>${actions[job.action].name} ${count(total, "order")}</h3>
      <span class="row"><span class="badge" role="status">${label(job.state)}</span>
      ${job.state === "RUNNING" && html`<button onClick=${() => job.stop("Stopped by you.")}>Stop</button>`}</span></div>
    <progress max=${total} value=${acted}>${acted} of ${total}</progress>
    <p>${count(acted, "order")} ${actions[job.action].done}: ${outcomes.map((o) => html`<span class="tally"><${Badge} of=${o} /> ${job.count(o)}</span>`)}</p>
    ${job.note && html`<p class="notice bad" role="alert">${job.note}</p>`}
    ${trouble.length > 0 && html`<details><summary>${count(trouble.length, "order")} not repaired</summary>
      <${Table} name="Orders not repaired" head=${["Order", "Outcome", "Why"]} rows=${trouble.slice(0, 200).map((item) => ({
        key: item.order.orderId, cells: [html`<a href=${link("orders", item.order.orderId)}>${item.order.orderId}</a>`,
          html`<${Badge} of=${item.outcome} />`, item.why ?? ""] }))} /></details>`}
  </section>`;
}
