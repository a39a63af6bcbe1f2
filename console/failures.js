// Failures: the orders that need attention, grouped by reason.
"use strict";

const values = (list) => list.map(money).join(", ");

function Failures() {
  const failures = usePolled("/ops/failures");
  return html`<h1>Failures</h1>
    <${Answer} of=${failures}>${(value) => html`
      ${value.truncated && html`<p class="notice">More orders need attention than are grouped: the newest 5,000 are.</p>`}
      ${value.failures.length === 0 && html`<div class="card empty"><p>No order needs attention.</p></div>`}
      <div class="cards">${value.failures.map((f) => html`<article key=${f.failure} class="card failure">
        <div class="row between"><h2><a href=${link("failures", f.failure)}>${f.code}</a>${f.step && html` <span class="quiet">at ${f.step}</span>`}</h2>
          <strong class="big">${f.orders.toLocaleString()}</strong></div>
        <p class="message">${f.message}</p>
        <p class="quiet">${values(f.value)} at risk · <${Since} at=${f.oldest} /> to <${Since} at=${f.newest} /> ago</p>
      </article>`)}</div>`}<//>`;
}

// Failure shows the orders of one failure, and starts jobs that repair them.
function Failure({ id }) {
  const failures = usePolled("/ops/failures");
  const members = usePolled(query("/ops/orders", { failure: id, limit: 50 }));
  const [dialog, open] = useDialog(members.reload);
  const failure = failures.value?.failures.find((f) => f.failure === id);
  return html`<p><a href="#/">Failures</a></p>
    ${failure
      ? html`<div class="row between"><h1>${failure.code}${failure.step && html` <span class="quiet">at ${failure.step}</span>`}</h1>
          <div class="row"><button class="main" onClick=${() => open(startJob({ failure: id }))}>Redrive all ${failure.orders.toLocaleString()}</button>
            <button onClick=${() => open(startJob({ failure: id }, "cancel"))}>Cancel all</button>
            <button onClick=${() => open(startJob({ failure: id }, "restart"))}>Another action</button></div></div>
          <p class="message">${failure.message}</p>
          <p class="quiet">${values(failure.value)} at risk · <${Since} at=${failure.oldest} /> to <${Since} at=${failure.newest} /> ago</p>`
      : failures.value && html`<h1>This failure is gone</h1><p>No order has it any more.</p>`}
    <${Answer} of=${members}>${(page) => html`<${OrderTable} orders=${page.orders} empty="No orders." />
      ${page.next && html`<p class="quiet">The newest 50 are shown. <a href=${`#/orders?failure=${id}`}>List all</a></p>`}`}<//>
    ${dialog}`;
}
