// Products and their stock.
"use strict";

function Products() {
  const [list, set] = useState({ products: [], next: "", loading: true });
  const load = async (cursor, old) => {
    try {
      const page = await get(query("/products", { limit: 100, cursor }));
      set({ products: [...old, ...page.products], next: page.next });
    } catch (error) {
      set({ products: old, error });
    }
  };
  useEffect(() => { load("", []); }, []);
  return html`<h1>Products</h1>
    ${list.error && html`<p class="notice bad" role="alert">${list.error.message}</p>`}
    ${list.loading ? html`<p class="quiet" role="status">Loading…</p>` : html`<${Table} name="Products" empty="There are no products."
      head=${["Product", "SKU", "Category", ">Price", ">On hand", "Note"]} rows=${list.products.map((p) => ({ key: p.sku, tone: p.onHand === 0 ? "needs" : "",
        cells: [html`<a href=${link("products", p.sku)}>${p.name}</a>`, html`<code>${p.sku}</code>`, p.category, money(p.price), p.onHand.toLocaleString(),
          p.discontinued && html`<span class="badge">discontinued</span>`] }))} />`}
    ${list.next && html`<p><button onClick=${() => load(list.next, list.products)}>Load more</button></p>`}`;
}

function Product({ sku }) {
  const path = `/ops/products/${encodeURIComponent(sku)}`;
  const product = usePolled(path), log = usePolled(`${path}/movements?limit=50`);
  const [dialog, open] = useDialog(() => { product.reload(); log.reload(); });
  const change = (stock) => {
    const key = crypto.randomUUID();
    open({ title: `Change the stock of ${sku}`, action: "Change", what: "A delivery, a count, or a loss. What orders hold is not touched.", fields: [
      { name: "delta", label: "Pieces added; negative takes away", type: "number", placeholder: "24" },
      { name: "warehouse", label: "Warehouse", options: stock.map((s) => [s.warehouse, s.warehouse]) },
      { ...reasonField, help: "For the list of movements.", placeholder: "Delivery 4711" }],
      run: ({ delta, warehouse, reason }) => call("POST", `${path}/stock`, { delta: Number(delta), warehouse, reason }, { "Idempotency-Key": key }) });
  };
  return html`<p><a href="#/products">Products</a></p><${Answer} of=${product}>${(p) => html`
    <div class="row between"><h1>${p.name}</h1><button class="main" onClick=${() => change(p.stock)}>Change stock</button></div>
    <p class="row wrap"><code>${p.sku}</code> <span>${p.category}</span> <strong>${money(p.price)}</strong>
      ${p.weight && html`<span class="quiet">${p.weight} g</span>`} ${p.discontinued && html`<span class="badge warn">discontinued</span>`}</p>
    ${p.description && html`<p>${p.description}</p>`}
    <h2>Stock</h2><${Table} name="Stock" head=${["Warehouse", ">On hand", ">Held for orders", ">Shipped"]} rows=${p.stock.map((s) => ({ key: s.warehouse,
      cells: [s.warehouse, s.onHand.toLocaleString(), s.reserved.toLocaleString(), s.shipped.toLocaleString()] }))} />`}<//>
    <h2>Movements</h2><${Answer} of=${log}>${(page) => html`<${Table} name="Movements" empty="No operator has changed this product yet."
      head=${["When", "What", ">Pieces", "Warehouse", "Who", "Why"]} rows=${page.movements.map((m) => ({ key: m.id, cells: [html`<${Time} at=${m.at} />`,
        label(m.kind), m.delta || "", m.warehouse, m.actor, m.reason ?? (m.changed ?? []).join("; ")] }))} />`}<//>${dialog}`;
}
