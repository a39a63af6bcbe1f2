// Queues: what waits to be handled, and what was given up.
"use strict";

// runbook returns the page about the dead letters of a queue.
const runbook = (name) => `docs/runbooks/${/[a-z]+-dead-letters$/.exec(name)}.md`;

function Queues() {
  const page = usePolled("/ops/queues");
  const table = (name, queues, empty) => html`<h2>${name}</h2><${Table} name=${name} empty=${empty} head=${["Queue", ">Waiting", ">In flight", ">Delayed"]}
    rows=${queues.map((q) => ({ key: q.name, tone: q.deadLetters && q.waiting + q.inFlight > 0 ? "needs" : "", cells: [
      html`<code>${q.name}</code>`, q.waiting.toLocaleString(), q.inFlight.toLocaleString(), q.delayed.toLocaleString()] }))} />`;
  return html`<h1>Queues</h1><${Answer} of=${page}>${({ queues }) => {
    const given = queues.filter((q) => q.deadLetters), full = given.filter((q) => q.waiting + q.inFlight > 0);
    return html`
      ${full.map((q) => html`<div class="notice bad" role="alert"><strong>${count(q.waiting + q.inFlight, "message")}</strong> in ${q.name}
        ${q.waiting + q.inFlight === 1 ? "was" : "were"} given up. <code>orderflow dlq show ${q.name}</code> shows them;
        the runbook <code>${runbook(q.name)}</code> says what to do.</div>`)}
      ${table("Work", queues.filter((q) => !q.deadLetters), "None.")}
      ${table("Dead letters", given, "None.")}`;
  }}<//>`;
}
