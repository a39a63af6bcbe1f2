// Failures: the orders that need attention, grouped by reason.
"use strict";

const values = (list) => list.map(money).join(", ");

function Failures() {
  const failures = usePolled("/ops/failures");
  const running = useJobs();
  return html`<h1>Failures</h1>
    ${running.map((job) => html`<${JobCard} job=${job} />`)}
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

// Failure shows the orders of one failure, and repairs them.
function Failure({ id }) {
  const failures = usePolled("/ops/failures");
  const members = usePolled(query("/ops/orders", { failure: id, limit: 50 }));
  const [dialog, open] = useDialog(members.reload);
  const running = useJobs();
  const failure = failures.value?.failures.find((f) => f.failure === id);
  const repair = (action) => open({
    title: `${actions[action].name} ${count(failure.orders, "order")}`, action: actions[action].name, danger: action === "cancel",
    what: `${count(failure.orders, "order")}, ${values(failure.value)}. ${actions[action].does} The first orders are watched; if most of them fail again, the others are left alone. It runs in this tab: keep it open.`,
    fields: [reasonField, { name: "canary", label: "Orders to try first", type: "number", min: 1, max: 100, value: 5 },
      { name: "rate", label: "Orders a second after that", type: "number", min: 1, max: 50, value: 10 }],
    run: async ({ reason, canary, rate }) => {
      const orders = [];
      for await (const order of all("/ops/orders", { failure: id }, "orders")) orders.push(order);
      if (!orders.length) throw new Error("No order has this failure any more.");
      begin({ action, reason, canary: Number(canary), rate: Number(rate), orders });
    },
  });
  return html`<p><a href="#/">Failures</a></p>
    ${failure
      ? html`<div class="row between"><h1>${failure.code}${failure.step && html` <span class="quiet">at ${failure.step}</span>`}</h1>
          <div class="row">${Object.entries(actions).map(([action, { name }]) => html`<button class=${action === "redrive" ? "main" : ""}
            onClick=${() => repair(action)}>${name} all ${failure.orders.toLocaleString()}</button>`)}</div></div>
          <p class="message">${failure.message}</p>
          <p class="quiet">${values(failure.value)} at risk · <${Since} at=${failure.oldest} /> to <${Since} at=${failure.newest} /> ago</p>`
      : failures.value && html`<h1>This failure is gone</h1><p>No order has it any more.</p>`}
    ${running.map((job) => html`<${JobCard} job=${job} />`)}
    <${Answer} of=${members}>${(page) => html`<${OrderTable} orders=${page.orders} empty="No orders." />
      ${page.next && html`<p class="quiet">The newest 50 are shown. <a href=${`#/orders?failure=${id}`}>List all</a></p>`}`}<//>
    ${dialog}`;
}
