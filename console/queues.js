// Queues: what waits to be handled, and what was given up.
"use strict";

// runbook returns the page about the dead letters of a queue.
const runbook = (name) => `docs/runbooks/${/[a-z]+-dead-letters$/.exec(name)}.md`;

function Queues({ filter }) {
  const chosen = filter.get("queue") ?? "";
  const page = usePolled("/ops/queues");
  const table = (name, queues, empty) => html`<h2>${name}</h2><${Table} name=${name} empty=${empty} head=${["Queue", ">Waiting", ">In flight", ">Delayed"]}
    rows=${queues.map((q) => ({ key: q.name, tone: q.deadLetters && q.waiting + q.inFlight > 0 ? "needs" : "", cells: [
      q.deadLetters ? html`<a href=${`#/queues?queue=${encodeURIComponent(q.name)}`}><code>${q.name}</code></a>` : html`<code>${q.name}</code>`,
      q.waiting.toLocaleString(), q.inFlight.toLocaleString(), q.delayed.toLocaleString()] }))} />`;
  return html`<h1>Queues</h1><${Answer} of=${page}>${({ queues }) => {
    const given = queues.filter((q) => q.deadLetters), full = given.filter((q) => q.waiting + q.inFlight > 0);
    return html`
      ${full.map((q) => html`<div class="notice bad" role="alert"><strong>${count(q.waiting + q.inFlight, "message")}</strong> in ${q.name}
        ${q.waiting + q.inFlight === 1 ? "was" : "were"} given up. <a href=${`#/queues?queue=${encodeURIComponent(q.name)}`}>See why</a>;
        the runbook <code>${runbook(q.name)}</code> says what to do.</div>`)}
      ${table("Work", queues.filter((q) => !q.deadLetters), "None.")}
      ${table("Dead letters", given, "None.")}
      ${given.filter((q) => q.name === chosen).map((q) => html`<${Letters} key=${q.name} queue=${q} />`)}`;
  }}<//>`;
}

// Letters shows messages that were given up, and moves them back or deletes one. They are read once and
// on demand: while one reader has them, others do not see them.
function Letters({ queue }) {
  const path = `/ops/dead-letters/${encodeURIComponent(queue.name)}`;
  const [state, set] = useState({});
  const read = () => get(`${path}?limit=50`).then((value) => set({ value }), (error) => set({ error }));
  useEffect(() => { read(); }, [queue.name]);
  const [dialog, open] = useDialog(read);
  const redrive = () => open({ title: "Redrive the dead letters", action: "Redrive", main: true, fields: [reasonField],
    what: `All messages of ${queue.name} go back to ${(queue.sources ?? []).join(", ")}, and are handled again. Repair first what made them fail.`,
    run: ({ reason }) => call("POST", `${path}/redrive`, { reason }) });
  const remove = (m) => open({ title: "Delete the message", action: "Delete", danger: true, fields: [reasonField],
    what: "For good: what it asks for is not done.", run: ({ reason }) => call("POST", `${path}/${m.messageId}/delete`, { reason }) });
  return html`<div class="row between"><h2 class="id">${queue.name}</h2><div class="row"><button onClick=${read}>Read again</button>
      ${queue.sources?.length > 0 && html`<button class="main" onClick=${redrive}>Redrive all</button>`}</div></div>
    <${Answer} of=${state}>${({ messages }) => html`<${Table} name="Messages" empty="None that is visible. Messages in flight are visible again within a minute."
      head=${["Sent", "Why it failed", "Message", "Action"]} rows=${messages.map((m) => ({ key: m.messageId, cells: [html`<${Time} at=${m.sentAt} />`,
        m.error ? html`${m.error} <span class="quiet"><${Time} at=${m.failedAt} /></span>` : Object.entries(m.attributes ?? {}).map(([k, v]) => `${k}: ${v}`).join(", ") || "not kept",
        html`<details><summary><code>${m.messageId}</code></summary><pre>${pretty(m.body)}</pre></details>`,
        html`<button onClick=${() => remove(m)}>Delete</button>`] }))} />`}<//>${dialog}`;
}
