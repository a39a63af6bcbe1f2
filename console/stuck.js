// Stuck: the orders that have not ended, oldest first, and what each waits for.
"use strict";

const ages = [["0", "any age"], ["60", "a minute"], ["600", "10 minutes"], ["3600", "an hour"], ["86400", "a day"]];

function Stuck({ filter }) {
  const olderThan = filter.get("olderThan") ?? "600";
  const page = usePolled(query("/ops/stuck", { olderThan, limit: 100 }));
  return html`<h1>Stuck</h1>
    <div class="row filters"><label><span>Placed longer ago than</span><select value=${olderThan}
      onChange=${(e) => { location.hash = `#/stuck?olderThan=${e.target.value}`; }}>${ages.map(([value, name]) => html`<option value=${value}>${name}</option>`)}</select></label></div>
    <${Answer} of=${page}>${({ orders, more }) => html`<${Table} name="Open orders" empty="No open order is that old."
      head=${["Order", "Status", "Waits for", "Since", "Until", "Why", ">Total", "Customer", "Placed"]} rows=${orders.map((o) => ({
        key: o.orderId, tone: o.attention ? "needs" : "", cells: [html`<a class="id" href=${link("orders", o.orderId)}>${o.orderId}</a>`,
          html`<${Badge} of=${o.status} />`, label(o.waitsFor), html`<${Since} at=${o.since} />`, o.until && html`<${Time} at=${o.until} />`,
          o.attention?.code ?? "", money(o.total), html`<a href=${`#/orders?customerId=${encodeURIComponent(o.customerId)}`}>${o.customerId}</a>`,
          html`<${Since} at=${o.placedAt} /> ago`] }))} />
      ${more && html`<p class="quiet">The oldest 100 are shown.</p>`}`}<//>`;
}
