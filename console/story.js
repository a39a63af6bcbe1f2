// What happened in an execution: its states, its picture, and one story with the order's changes.
"use strict";

// visits returns what became of each state of an execution, by name: {status, attempts, error, cause,
// input, output, entered, left}. status is running, retrying, waiting, done, caught or failed.
function visits(execution) {
  const states = new Map();
  for (const event of execution?.history ?? []) {
    if (!event.state) continue;
    if (event.type.endsWith("StateEntered")) {
      states.set(event.state, { status: "running", attempts: 0, input: event.input, entered: event.at });
      continue;
    }
    const visit = states.get(event.state);
    if (!visit) continue; // entered before the events that are shown
    if (event.type.endsWith("StateExited")) {
      Object.assign(visit, { status: visit.status === "retrying" ? "caught" : "done", output: event.output, left: event.at });
    } else if (event.type === "TaskScheduled") {
      visit.attempts += 1;
      visit.status = "running";
    } else if (event.type === "TaskSubmitted") {
      visit.status = "waiting";
    } else if (event.type === "TaskSucceeded") {
      visit.status = "running";
    } else if (event.type.endsWith("Failed") || event.type.endsWith("TimedOut")) {
      Object.assign(visit, { status: "retrying", error: event.error, cause: event.cause });
    }
  }
  if (execution && !["RUNNING", "SUCCEEDED", "PENDING_REDRIVE"].includes(execution.status)) {
    const last = states.get(execution.failedStep);
    if (last) Object.assign(last, { status: "failed", error: execution.error ?? last.error, cause: execution.cause ?? last.cause });
  }
  return states;
}

// Graph draws the state machine with what became of each state. A click or Enter on a state selects it.
function Graph({ states, selected, select }) {
  const at = useRef();
  useLayoutEffect(() => {
    at.current.replaceChildren(document.querySelector("#graph").content.cloneNode(true));
    const picture = at.current.querySelector("svg");
    picture.removeAttribute("height");
    picture.setAttribute("role", "group"); // its states are buttons
  }, []);
  useLayoutEffect(() => {
    for (const node of at.current.querySelectorAll("[data-state]")) {
      const name = node.dataset.state, visit = states.get(name);
      node.setAttribute("class", [node.getAttribute("class").replace(/ is-\S+/g, ""), `is-${visit?.status ?? "unseen"}`,
        name === selected ? "is-selected" : ""].join(" ").trim());
      if (!visit) continue;
      node.setAttribute("tabindex", "0");
      node.setAttribute("role", "button");
      node.setAttribute("aria-description", `${visit.status}${visit.attempts > 1 ? `, ${visit.attempts} attempts` : ""}`);
      node.onclick = () => select(name);
      node.onkeydown = (event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        select(name);
      };
    }
  });
  return html`<div class="graph-box" ref=${at}></div>`;
}

// State shows one state: what went in, what came out, and what differs between them.
function State({ name, visit }) {
  const [shown, set] = useState("difference");
  if (!visit) return html`<p class="quiet">The execution has not entered ${name}.</p>`;
  const changes = visit.output === undefined ? [] : difference(visit.input, visit.output);
  const lasted = visit.left && span(Date.parse(visit.left) - Date.parse(visit.entered));
  return html`<section class="state-panel" aria-label=${`State ${name}`}>
    <h3>${name} <span class=${`badge ${{ failed: "bad", retrying: "warn", caught: "warn", done: "good" }[visit.status] ?? ""}`}>${visit.status}</span></h3>
    <p class="quiet">Entered <${Time} at=${visit.entered} short />${lasted && `, left after ${lasted}`}${visit.attempts > 1 && `, ${count(visit.attempts, "attempt")}`}.</p>
    ${visit.error && html`<p class="notice bad"><strong>${visit.error}</strong> ${visit.cause && html`<code class="cause">${causeOf(visit.cause)}</code>`}</p>`}
    <div class="tabs" role="tablist">${["difference", "input", "output"].map((tab) => html`
      <button role="tab" aria-selected=${tab === shown} onClick=${() => set(tab)}>${tab}</button>`)}</div>
    ${shown === "input" && html`<pre tabindex="0">${pretty(visit.input)}</pre>`}
    ${shown === "output" && html`<pre tabindex="0">${visit.output === undefined ? "none yet" : pretty(visit.output)}</pre>`}
    ${shown === "difference" && html`<${Table} name="Difference between input and output" head=${["Path", "Input", "Output"]}
      empty=${visit.output === undefined ? "There is no output yet." : "The output is the input."}
      rows=${changes.map(([path, before, after]) => ({ key: path, cells: [html`<code>${path}</code>`,
        html`<code class="gone">${before}</code>`, html`<code class="new">${after}</code>`] }))} />`}
  </section>`;
}

// storyOf merges the order's changes and the execution's events, in time. Events that say nothing new
// are left out unless all is true.
function storyOf(order, everything) {
  const changes = order.timeline.map((c) => ({ at: c.at, key: `c${c.sequence}`, kind: "change", change: c }));
  const events = (order.execution?.history ?? [])
    .filter((e) => everything || /Failed|TimedOut|Aborted|Redriven|ExecutionStarted|ExecutionSucceeded|TaskSubmitted/.test(e.type))
    .map((e) => ({ at: e.at, key: `e${e.id}`, kind: "event", event: e }));
  return [...changes, ...events].sort((a, b) => Date.parse(a.at) - Date.parse(b.at) || a.kind.localeCompare(b.kind));
}

function Story({ order, select }) {
  const [everything, set] = useState(false);
  const entries = storyOf(order, everything);
  return html`<section><div class="row between"><h2>Story</h2>
    <label class="check"><input type="checkbox" checked=${everything} onChange=${(e) => set(e.target.checked)} />
      <span>all events of the execution</span></label></div>
    ${order.execution?.historyTruncated && html`<p class="quiet">Older events are not shown.</p>`}
    <ol class="story">${entries.map((entry, i) => html`<li key=${entry.key} class=${entry.kind}>
      <span class="when"><${Time} at=${entry.at} short />
        <${Pause} from=${entries[i - 1]?.at} to=${entry.at} /></span>
      ${entry.kind === "change" ? html`<${Change} of=${entry.change} />` : html`<${Event} of=${entry.event} select=${select} />`}
    </li>`)}</ol></section>`;
}

// Pause shows how long nothing happened, from a tenth of a second on.
function Pause({ from, to }) {
  const ms = Date.parse(to) - Date.parse(from);
  return ms >= 100 && html`<small>after ${span(ms)}</small>`;
}

function Change({ of: c }) {
  const moved = c.previousStatus && c.previousStatus !== c.status;
  return html`<span><strong>${c.type}</strong>${moved && html` <${Badge} of=${c.previousStatus} /> → <${Badge} of=${c.status} />`}
    ${c.type === "Order Attention Changed" && html` <span class=${c.attention ? "badge bad" : "badge good"}>${c.attention ? "needs attention" : "needs none"}</span>`}
    ${c.refundAmount && ` ${money(c.refundAmount)}`}
    <span class="quiet"> by ${c.actor}${c.reason && `: ${c.reason}`}</span></span>`;
}

function Event({ of: e, select }) {
  const bad = /Failed|TimedOut|Aborted/.test(e.type);
  return html`<span class=${bad ? "bad-text" : "quiet"}>${e.summary}
    ${e.state && html` <button class="plain" onClick=${() => select(e.state)}>show</button>`}
    ${e.cause && html` <code class="cause">${causeOf(e.cause)}</code>`}</span>`;
}
