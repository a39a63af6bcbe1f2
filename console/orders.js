// Lists of orders.
"use strict";

const statuses = ["PLACED", "CONFIRMED", "IN_REVIEW", "PAID", "SHIPPING", "FULFILLED", "REJECTED", "CANCELLED"];

function OrderTable({ orders, empty }) {
  return html`<${Table} name="Orders" empty=${empty} head=${["Order", "Status", "Payment", ">Total", "Customer", "Placed", "Attention"]}
    rows=${orders.map((o) => ({ key: o.orderId, tone: o.attention ? "needs" : "", cells: [
      html`<a href=${link("orders", o.orderId)} class="id">${o.orderId}</a>`, html`<${Badge} of=${o.status} />`,
      html`<${Badge} of=${o.paymentStatus} />`, money(o.total),
      html`<a href=${`#/orders?customerId=${encodeURIComponent(o.customerId)}`}>${o.customerId}</a>`, html`<${Since} at=${o.placedAt} /> ago`,
      o.attention ? html`${o.attention.code}${o.attention.step && html`<span class="quiet"> at ${o.attention.step}</span>`}` : ""] }))} />`;
}

// Orders lists the orders that the address selects: #/orders?status=PAID&attention=true.
function Orders({ filter }) {
  const parameters = Object.fromEntries(["status", "attention", "failure", "customerId", "email"].map((k) => [k, filter.get(k) ?? ""]));
  const path = query("/ops/orders", { ...parameters, limit: 50 });
  const page = usePolled(path);
  const [dialog, open] = useDialog(page.reload);
  const [more, set] = useState({ path, orders: [], next: "" });
  const old = more.path === path ? more : { orders: [], next: "" };
  const choose = (change) => { location.hash = query("#/orders", { ...parameters, ...change }); };
  const load = async (cursor) => {
    const next = await get(query("/ops/orders", { ...parameters, limit: 50, cursor }));
    set({ path, orders: [...old.orders, ...next.orders], next: next.next ?? "", loaded: true });
  };
  return html`<h1>Orders</h1>
    <div class="row filters">
      <label><span>Status</span><select value=${parameters.status} onChange=${(e) => choose({ status: e.target.value })}>
        <option value="">any</option>${statuses.map((s) => html`<option value=${s}>${label(s)}</option>`)}</select></label>
      <label><span>Attention</span><select value=${parameters.attention} onChange=${(e) => choose({ attention: e.target.value })}>
        <option value="">any</option><option value="true">needs attention</option><option value="false">none</option></select></label>
      ${["customerId", "failure", "email"].filter((k) => parameters[k]).map((k) => html`<button onClick=${() => choose({ [k]: "" })}
        title="Remove this filter">${{ customerId: "customer", failure: "failure", email: "e-mail" }[k]} ${parameters[k]} ×</button>`)}
      ${Object.values(parameters).some(Boolean) && !parameters.email && html`<button onClick=${() => open(startJob(selectionOf(parameters)))}>Act on all of these</button>`}
    </div>
    <${Answer} of=${page}>${(value) => {
      const seen = new Set(value.orders.map((o) => o.orderId));
      const orders = [...value.orders, ...old.orders.filter((o) => !seen.has(o.orderId))];
      const next = old.loaded ? old.next : value.next;
      return html`<${OrderTable} orders=${orders} empty="No order matches." />
        ${next && html`<p><button onClick=${() => load(next)}>Load more</button></p>`}`;
    }}<//>${dialog}`;
}

// selectionOf returns what a job selects for the parameters of a list.
const selectionOf = ({ attention, ...parameters }) => ({
  ...Object.fromEntries(Object.entries(parameters).filter(([, value]) => value)), ...(attention && { attention: attention === "true" }),
});

// Reviews lists the orders that wait for a decision.
function Reviews() {
  const page = usePolled("/ops/orders?status=IN_REVIEW&limit=100");
  return html`<h1>Reviews</h1><${Answer} of=${page}>${(value) => html`<${Table} name="Orders in review" empty="No order waits for a review."
    head=${["Order", ">Total", ">Risk", "Why", "Customer", "Waits", "Deadline"]}
    rows=${value.orders.map((o) => ({ key: o.orderId, cells: [html`<a href=${link("orders", o.orderId)} class="id">${o.orderId}</a>`, money(o.total),
      o.review?.score, o.review?.reasons.join(", "), o.customerId, o.review && html`<${Since} at=${o.review.since} />`,
      o.review?.deadline && html`<${Time} at=${o.review.deadline} />`] }))} />`}<//>`;
}
