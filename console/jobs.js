// Jobs: an action on many orders, which the system carries out; and what became of each.
"use strict";

// actions are what a job does to each order.
const actions = {
  redrive: { name: "Redrive", does: "Each execution resumes at the step that failed; steps that succeeded do not run again." },
  restart: { name: "Restart", does: "For executions that a redrive does not help. New ones begin at the start; their steps find what was done, and do not repeat it." },
  cancel: { name: "Cancel", does: "Each payment is released or refunded, each stock released, and each customer told." },
  acknowledge: { name: "Acknowledge", does: "Only the mark goes: for problems that were repaired by other means." },
};

// Preview says what a job would do now. It asks again when the action changes.
function Preview({ action, selection }) {
  const [state, set] = useState({});
  useEffect(() => {
    let stale = false;
    call("POST", "/ops/jobs", { ...selection, action, reason: "preview", dryRun: true }, { "Idempotency-Key": crypto.randomUUID() })
      .then((value) => stale || set({ action, value }), (error) => stale || set({ action, error }));
    return () => { stale = true; };
  }, [action]);
  if (state.action !== action) return html`<p class="quiet" role="status">Counting…</p>`;
  if (state.error) return html`<p class="notice bad" role="alert">${state.error.message}</p>`;
  const { orders, value, refused, truncated } = state.value;
  return html`<p class="notice" role="status"><strong>${count(orders, "order")}</strong>${value.length > 0 && `, ${values(value)}`}.
    ${truncated && " More are selected: the newest 5,000 were counted."}
    ${refused.map((r) => html`<br />Refused for ${count(r.orders, "order")}: ${r.why} (<a href=${link("orders", r.samples[0])}>${r.samples[0]}</a>)`)}</p>`;
}

// startJob returns a dialog that starts a job on a selection of the API, and leads to the job.
function startJob(selection, action = "redrive") {
  const key = crypto.randomUUID(); // of this dialog: sending it twice starts one job
  return {
    title: "Act on many orders", action: "Start",
    what: ({ action }) => html`${actions[action].does} The first orders are watched; if most of them are not repaired, the job pauses, and the
      others are left alone. It runs in the system: this page may be closed.<${Preview} action=${action} selection=${selection} />`,
    fields: [{ name: "action", label: "Action", options: Object.entries(actions).map(([value, { name }]) => [value, name]), value: action }, reasonField,
      { name: "first", label: "Orders to try first", type: "number", min: 1, max: 100, value: 5 },
      { name: "rate", label: "Orders a second after that", type: "number", min: 1, max: 100, value: 10 }],
    run: async ({ action, reason, first, rate }) => {
      const job = await call("POST", "/ops/jobs", { ...selection, action, reason, first: Number(first), rate: Number(rate) }, { "Idempotency-Key": key });
      location.hash = link("jobs", job.jobId);
    },
  };
}

// selected tells which orders a job was started for.
function selected({ failure, customerId, status, attention, orderIds }) {
  if (orderIds) return html`${count(orderIds.length, "order")} by id`;
  const parts = [failure && html`failure <a href=${link("failures", failure)}>${failure}</a>`,
    customerId && html`customer <a href=${`#/orders?customerId=${encodeURIComponent(customerId)}`}>${customerId}</a>`,
    status && label(status), attention !== undefined && (attention ? "needs attention" : "needs no attention")].filter(Boolean);
  return parts.map((part, i) => html`${i > 0 && ", "}${part}`);
}

const outcomes = { recovered: "RECOVERED", failedAgain: "FAILED_AGAIN", refused: "REFUSED", pending: "PENDING" };

const Tally = ({ of }) => html`${Object.entries(outcomes).map(([member, outcome]) => of[member] > 0 && html`<span class="tally">
  <${Badge} of=${outcome} /> ${of[member].toLocaleString()}</span>`)}`;

function Jobs() {
  const page = usePolled("/ops/jobs?limit=50");
  return html`<h1>Jobs</h1>
    <p class="quiet">A job acts on the orders of a <a href="#/">failure</a>, or on those that a filter of the <a href="#/orders">orders</a> selects.</p>
    <${Answer} of=${page}>${({ jobs }) => html`<${Table} name="Jobs" empty="No job was started in the last 90 days."
      head=${["Job", "Action", "Status", "Orders", ">Of", "Started", "By", "Why"]} rows=${jobs.map((j) => ({ key: j.jobId, cells: [
        html`<a class="id" href=${link("jobs", j.jobId)}>${j.jobId}</a>`, actions[j.action].name, html`<${Badge} of=${j.status} />`,
        html`<${Tally} of=${j.tally} />`, j.members.toLocaleString(), html`<${Since} at=${j.createdAt} /> ago`, j.log[0].actor, j.log[0].reason] }))} />`}<//>`;
}

function Job({ id }) {
  const path = link("ops", "jobs", id).slice(1);
  const answer = usePolled(path, 1000);
  const [dialog, open] = useDialog(answer.reload);
  return html`<p><a href="#/jobs">Jobs</a></p><${Answer} of=${answer}>${(job) => html`
    <div class="row between"><h1>${actions[job.action].name} ${count(job.members, "order")} <${Badge} of=${job.status} /></h1>
      <div class="row">${moves(job, path).map((c) => html`<button class=${c.main ? "main" : c.danger ? "danger" : ""} onClick=${() => open(c)}>${c.action}</button>`)}</div></div>
    <p class="row wrap"><span class="id">${job.jobId} <${Copy} text=${job.jobId} what="the job's id" /></span>
      <span>${selected(job.selection)}</span>
      <span class="quiet">the first ${job.first}, then ${job.rate} a second · ${job.log[0].actor} · started <${Time} at=${job.createdAt} /></span></p>
    <p>${job.log[0].reason}</p>
    ${job.note && html`<p class="notice bad" role="alert">${job.note}</p>`}
    ${job.truncated && html`<p class="notice">More orders were selected than a job takes: the newest 100,000 are its orders.</p>`}
    <section class="card" aria-label="Outcomes">
      <progress max=${job.members || 1} value=${job.status === "DONE" ? job.members || 1 : job.tried} aria-label="Orders that were acted on"></progress>
      <p role="status">${job.tried.toLocaleString()} of ${count(job.members, "order")} acted on. <${Tally} of=${job.tally} /></p></section>
    ${["FAILED_AGAIN", "REFUSED", "PENDING"].map((outcome) => html`<${Members} key=${outcome} path=${path} outcome=${outcome} job=${job} />`)}
    <h2>Log</h2><${Table} name="Log" head=${["When", "Status", "Who", "Why"]} rows=${job.log.toReversed().map((l) => ({ key: l.at + l.status,
      cells: [html`<${Time} at=${l.at} />`, label(l.status), l.actor, l.reason] }))} />`}<//>${dialog}`;
}

// moves lists what can be done with a job.
function moves(job, path) {
  const move = (action) => ({ reason }) => call("POST", `${path}/${action}`, { reason });
  const field = { ...reasonField, help: "For the job's log. No personal data." };
  const list = [];
  if (job.status === "PAUSED") {
    list.push({ action: "Resume", main: true, title: "Resume the job", fields: [field], run: move("resume"), what: "The job goes on where it was paused." });
  }
  if (job.status === "RUNNING") {
    list.push({ action: "Pause", title: "Pause the job", fields: [field], run: move("pause"), what: "The orders of the current batch are still acted on." });
  }
  if (list.length) {
    list.push({ action: "Stop", danger: true, title: "Stop the job", fields: [field], run: move("stop"),
      what: "For good: the orders that it has not acted on are left alone. Orders that it has acted on go on." });
  }
  return list;
}

// Members lists the job's orders with an outcome, if there are any.
function Members({ path, outcome, job }) {
  const n = job.tally[Object.keys(outcomes).find((member) => outcomes[member] === outcome)];
  const page = usePolled(n > 0 ? query(`${path}/members`, { outcome, limit: 50 }) : "");
  if (!n) return "";
  return html`<h2>${count(n, "order")} ${label(outcome)}</h2>
    <${Answer} of=${page}>${({ members, next }) => html`<${Table} name=${`Orders ${label(outcome)}`} empty="None any more."
      head=${["Order", "Acted on", "Why"]} rows=${members.map((m) => ({ key: m.orderId, cells: [
        html`<a class="id" href=${link("orders", m.orderId)}>${m.orderId}</a>`, m.at && html`<${Since} at=${m.at} /> ago`, m.why ?? ""] }))} />
      ${next && html`<p class="quiet">The first 50 are shown; <code>orderflow ops job show ${job.jobId}</code> lists more.</p>`}`}<//>`;
}
