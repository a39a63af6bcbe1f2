// One order: what it is, what happened, and what can be done.
"use strict";

const ended = (order) => ["FULFILLED", "REJECTED", "CANCELLED"].includes(order.status);

// choices lists what an operator can do with an order now, each with what will happen.
function choices(order) {
  const path = `/ops/orders/${order.orderId}`;
  const act = (action) => ({ reason }) => call("POST", `${path}/${action}`, { reason });
  const list = [];
  if (order.execution?.redrivable) {
    list.push({ action: "Redrive", main: true, title: "Redrive the order", fields: [reasonField], run: act("redrive"),
      what: `The execution resumes at ${order.execution.failedStep || "the step that failed"}. Steps that succeeded do not run again.` });
  }
  if (!ended(order) && (order.execution ? ["FAILED", "TIMED_OUT", "ABORTED"].includes(order.execution.status) || order.attention?.code === "OrderOpen" : order.attention)) {
    list.push({ action: "Restart", title: "Restart the order", fields: [reasonField], run: act("restart"),
      what: "For an execution that a redrive does not help. A new one begins at the start; its steps find what was done, and do not repeat it." });
  }
  if (order.review && !order.review.decision) list.push(...decisions(order, path));
  if (!ended(order) && !order.cancelRequested) {
    list.push({ action: "Cancel", danger: true, title: "Cancel the order", fields: [{ ...reasonField, help: "For the timeline. The customer does not see it." }],
      run: act("cancel"), what: `Until the carrier has the goods: ${money(order.total)} is released or refunded, the stock is released, and the customer is told.` });
  }
  if (!ended(order)) list.push(correct(order, path));
  if (order.attention) {
    list.push({ action: "Acknowledge", title: "Acknowledge the problem", fields: [reasonField], run: act("acknowledge"),
      what: "For problems that the system cannot repair. The order then needs no attention. It is refused for a problem that goes away with a redrive." });
  }
  if (["CAPTURED", "PARTIALLY_REFUNDED"].includes(order.paymentStatus)) list.push(refund(order, path));
  return list;
}

function decisions(order, path) {
  const decide = (decision) => ({ reason }) => call("POST", `${path}/review`, { decision, ...(reason && { reason }) });
  return [
    { action: "Approve", main: true, title: "Approve the order", fields: [{ ...reasonField, optional: true }], run: decide("approve"),
      what: `The order goes on: ${money(order.total)} will be charged.` },
    { action: "Refuse", danger: true, title: "Refuse the order", fields: [reasonField], run: decide("refuse"),
      what: "The order is rejected: the stock is released and the customer told. No money moves." },
  ];
}

function correct(order, path) {
  const to = order.shippingAddress, told = Boolean(order.shipment);
  const lines = [["name", "Name"], ["line1", "Street"], ["line2", "Second line"], ["city", "City"], ["state", "State"], ["postalCode", "Postal code"], ["phone", "Phone"]];
  return { action: "Correct", title: "Correct the addresses",
    what: told ? "The carrier has been told the shipping address: only the e-mail address can change." : `Amounts stay as they are, and so does the country (${to.country}).`,
    fields: [{ name: "email", label: "E-mail", type: "email", value: order.email },
      ...(told ? [] : lines.map(([name, text]) => ({ name, label: text, value: to[name] ?? "", optional: !["name", "line1", "city"].includes(name) }))), reasonField],
    run: ({ email, reason, ...address }) => {
      const given = Object.fromEntries(Object.entries(address).filter(([, value]) => value));
      return call("POST", `${path}/contact`, { email, reason, ...(!told && { shippingAddress: { ...given, country: to.country } }) });
    } };
}

function refund(order, path) {
  const key = crypto.randomUUID(); // of this dialog: sending it twice refunds once
  return { action: "Refund", danger: true, title: "Refund", what: "At most what is left of the paid amount. An order that is whole again stays fulfilled.",
    fields: [{ name: "amount", label: `Amount in ${order.total.currency}`, optional: true, help: "Empty refunds the chosen line, or only the shipping." },
      { name: "sku", label: "One piece of", options: [["", "none: by amount"], ...order.lines.map((l) => [l.sku, `${l.name} (${l.sku})`])] },
      { name: "shipping", label: "Also what is left of the shipping", type: "checkbox" }, reasonField],
    run: async ({ amount, sku, shipping, reason }) => {
      const body = { reason, shipping: shipping === "on" };
      if (sku) body.lines = [{ sku, quantity: 1 }];
      if (amount) {
        body.amount = { amount: minor(amount, order.total.currency), currency: order.total.currency };
        if (!(body.amount.amount > 0)) throw new Error(`${amount} is not an amount in ${order.total.currency}`);
      }
      await call("POST", `${path}/refunds`, body, { "Idempotency-Key": key });
    } };
}

function Order({ id }) {
  const answer = usePolled(`/ops/orders/${id}`, 1000);
  return html`<p><a href="#/orders">Orders</a></p><${Answer} of=${answer}>${(order) => html`
    <${OrderPage} key=${order.orderId} order=${order} reload=${answer.reload} />`}<//>`;
}

function OrderPage({ order, reload }) {
  const [dialog, open] = useDialog(reload);
  const states = useMemo(() => visits(order.execution), [order]);
  const [chosen, choose] = useState("");
  const troubled = [...states].findLast(([, visit]) => ["failed", "retrying", "waiting"].includes(visit.status))?.[0];
  const selected = chosen || troubled || [...states.keys()].at(-1) || "";
  const select = (state) => {
    choose(state);
    document.querySelector(".state-panel")?.scrollIntoView({ block: "nearest" });
  };
  return html`
    <div class="row between">
      <h1 class="id">${order.orderId} <${Copy} text=${order.orderId} what="the order's id" /></h1>
      <div class="row">${choices(order).map((c) => html`<button class=${c.main ? "main" : c.danger ? "danger" : ""} onClick=${() => open(c)}>${c.action}</button>`)}</div>
    </div>
    <p class="row wrap"><${Badge} of=${order.status} /> <${Badge} of=${order.paymentStatus} /> <span class="badge">stock ${label(order.stockStatus)}</span>
      <strong>${money(order.total)}</strong>
      <a href=${`#/orders?customerId=${encodeURIComponent(order.customerId)}`}>${order.customerId}</a>
      <span class="quiet">placed <${Time} at=${order.placedAt} /></span>
      ${order.cancelRequested && !ended(order) && html`<span class="badge warn">cancel requested</span>`}
      ${order.waitingAt && html`<span class="badge">waits at ${order.waitingAt}</span>`}</p>
    <${Trouble} order=${order} />
    ${order.review && html`<${Review} review=${order.review} />`}
    ${order.paymentMethodRequest && html`<div class="notice warn"><strong>Waits for its customer</strong>, to confirm the payment or to give another
      payment method${order.paymentMethodRequest.deadline && html`, until <${Time} at=${order.paymentMethodRequest.deadline} />`}</div>`}
    <div class="columns">
      <section><h2>Execution <${ExecutionBadge} of=${order.execution} /></h2>
        ${order.execution ? html`<${Graph} states=${states} selected=${selected} select=${select} />` : html`<p class="quiet">None has been started yet.</p>`}
        <${Goods} order=${order} /><${After} order=${order} open=${open} /><${Mails} order=${order} open=${open} /></section>
      <section>${selected && html`<${State} key=${selected} name=${selected} visit=${states.get(selected)} />`}
        <${Story} order=${order} select=${select} /></section>
    </div>
    ${dialog}`;
}

const ExecutionBadge = ({ of: x }) => x && html`<span class="row inline"><${Badge} of=${x.status} />
  ${x.redriveCount > 0 && html`<small class="quiet">redriven ${count(x.redriveCount, "time")}</small>`}
  <${Copy} text=${x.executionArn} what="the execution's ARN" />
  ${awsConsole(x.executionArn) && html`<a href=${awsConsole(x.executionArn)} target="_blank" rel="noreferrer">AWS console</a>`}</span>`;

// awsConsole returns the address of an execution in AWS's own console; none on one machine.
function awsConsole(arn) {
  const [, , , region, account] = arn.split(":");
  return account !== "000000000000" && `https://${region}.console.aws.amazon.com/states/home?region=${region}#/v2/executions/details/${arn}`;
}

// Trouble says why the order waits for an operator.
function Trouble({ order }) {
  const a = order.attention, x = order.execution;
  if (!a) return "";
  return html`<div class="notice bad" role="alert"><strong>${a.code}</strong>${a.step && ` at ${a.step}`}, since <${Since} at=${a.since} />
    <p>${a.message}</p>
    ${x && !x.redrivable && x.status !== "RUNNING" && html`<p class="quiet">It cannot be redriven: ${x.notRedrivable}</p>`}</div>`;
}

const Review = ({ review }) => html`<div class=${review.decision ? "notice" : "notice warn"}>
  <strong>Review</strong> since <${Since} at=${review.since} />: ${review.reasons.join(", ")}, risk ${review.score} of 100
  ${review.deadline && !review.decision && html`, until <${Time} at=${review.deadline} />`}
  ${review.decision && html`. ${label(review.decision)}${review.by && ` by ${review.by}`}${review.reason && `: ${review.reason}`}`}</div>`;

function Goods({ order }) {
  const { price, shippingAddress: to } = order;
  const sums = [["Subtotal", price.subtotal], ["Discount", price.discount, price.promotionCode], ["Shipping", price.shipping, price.shippingMethod],
    [price.taxIncluded ? "Tax, included" : "Tax", price.tax]].filter(([, m], i) => i === 0 || m.amount);
  return html`<h2>Goods</h2>
    <${Table} name="Lines" head=${["Product", ">Quantity", ">Price", ">Total"]} rows=${order.lines.map((l) => ({ key: l.sku,
      cells: [html`<a href=${link("products", l.sku)}>${l.name}</a>`, l.quantity, money(l.unitPrice), money(l.total)] }))} />
    <dl>${sums.map(([name, m, note]) => html`<dt>${name}</dt><dd>${money(m)} ${note && html`<span class="quiet">${note}</span>`}</dd>`)}
      <dt>Total</dt><dd><strong>${money(order.total)}</strong></dd>
      <dt>Payment</dt><dd>${order.paymentMethod}</dd>
      <dt>E-mail</dt><dd>${order.email}</dd>
      <dt>Ship to</dt><dd>${[to.name, to.line1, to.line2, to.city, to.state, to.postalCode, to.country].filter(Boolean).join(", ")}</dd>
      ${order.holds?.length > 0 && html`<dt>Held</dt><dd>${order.holds.map((hold) => `${hold.quantity} × ${hold.sku} in ${hold.warehouse}`).join(", ")}</dd>`}
      ${order.shipment && html`<dt>Shipment</dt><dd>${order.shipment.shipmentId} <${Badge} of=${order.shipment.status} />
        ${[order.shipment.carrier, order.shipment.trackingNumber, order.shipment.reason].filter(Boolean).join(" ")}
        ${order.shipment.deliveredAt && html`delivered <${Time} at=${order.shipment.deliveredAt} />`}</dd>`}</dl>`;
}

// After shows refunds and returns, and what can be done with them.
function After({ order, open }) {
  const path = `/ops/orders/${order.orderId}`;
  const retry = (r) => open({ title: "Retry the refund", action: "Retry", fields: [reasonField], what: `${money(r.amount)} is sent to the provider again.`,
    run: ({ reason }) => call("POST", `${path}/refunds/${r.refundId}/retry`, { reason }) });
  const receive = (r) => open({ title: "Receive the goods", action: "Receive", what: `${pieces(r.lines)} has arrived whole. Its price is refunded.`,
    fields: [{ name: "restock", label: "The goods are on sale again", type: "checkbox", checked: true }],
    run: ({ restock }) => call("POST", `${path}/returns/${r.returnId}/receive`, { lines: r.lines, restock: restock === "on" }) });
  const refuse = (r) => open({ title: "Refuse the return", action: "Refuse", danger: true, what: "Nothing is refunded. The customer sees the reason.",
    fields: [{ ...reasonField, help: "The customer sees it. No personal data." }], run: ({ reason }) => call("POST", `${path}/returns/${r.returnId}/refuse`, { reason }) });
  const refunds = (order.refunds ?? []).map((r) => ({ key: r.refundId, cells: [html`<code>${r.refundId}</code>`, html`<${Badge} of=${r.status} />`, money(r.amount),
    html`${r.reason} <span class="quiet">${r.by}</span>${r.failure && html` <span class="bad-text">${r.failure}</span>`}`,
    r.status === "FAILED" && html`<button onClick=${() => retry(r)}>Retry</button>`] }));
  const returns = (order.returns ?? []).map((r) => ({ key: r.returnId, cells: [html`<code>${r.returnId}</code>`, html`<${Badge} of=${r.status} />`, pieces(r.lines),
    r.reason, r.status === "REQUESTED" && html`<span class="row"><button onClick=${() => receive(r)}>Receive</button><button onClick=${() => refuse(r)}>Refuse</button></span>`] }));
  return html`
    ${refunds.length > 0 && html`<h2>Refunds</h2><${Table} name="Refunds" head=${["Refund", "Status", ">Amount", "Why", "Action"]} rows=${refunds} />`}
    ${returns.length > 0 && html`<h2>Returns</h2><${Table} name="Returns" head=${["Return", "Status", "Goods", "Why", "Action"]} rows=${returns} />`}`;
}

const pieces = (lines) => lines.map((l) => `${l.quantity} × ${l.sku}`).join(", ");
