// Audit: what operators did, and why.
"use strict";

// aim links to what an act was about.
function aim(path) {
  const [, , room, id] = path.split("/");
  return ["orders", "jobs", "products"].includes(room) && id ? html`<a class="id" href=${link(room, decodeURIComponent(id))}>${decodeURIComponent(id)}</a>` : path;
}

// deed says an operation of the contract in words: OpsRedriveOrder is "redrive order".
const deed = (operation) => operation.replace(/^Ops/, "").replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();

function Audit({ filter }) {
  const actor = filter.get("actor") ?? "";
  const path = (cursor) => query("/ops/audit", { actor, limit: 50, cursor });
  const page = usePolled(path(""), 5000);
  const [more, set] = useState({ actor, acts: [], next: "" });
  const old = more.actor === actor ? more : { acts: [], next: "" };
  const load = async (cursor) => {
    const next = await get(path(cursor));
    set({ actor, acts: [...old.acts, ...next.acts], next: next.next ?? "", loaded: true });
  };
  return html`<h1>Audit</h1>
    <div class="row filters">${actor
      ? html`<button onClick=${() => { location.hash = "#/audit"; }} title="Remove this filter">by ${actor} ×</button>`
      : html`<span class="quiet">Every request that changes something, by whichever way it came.</span>`}</div>
    <${Answer} of=${page}>${(value) => {
      const seen = new Set(value.acts.map((a) => a.actId));
      const acts = [...value.acts, ...old.acts.filter((a) => !seen.has(a.actId))];
      const next = old.loaded ? old.next : value.next;
      return html`<${Table} name="Acts" empty="No operator has changed anything." head=${["When", "Who", "What", "Of", "Outcome", "Why"]}
          rows=${acts.map((a) => ({ key: a.actId, cells: [html`<${Time} at=${a.at} />`,
            html`<a href=${`#/audit?actor=${encodeURIComponent(a.actor.replace("operator:", ""))}`}>${a.actor.replace("operator:", "")}</a>`,
            deed(a.operation), aim(a.path), html`<span class=${`badge ${a.outcome === "Done" ? "good" : "warn"}`}>${a.outcome ?? "unknown"}</span>`, a.reason ?? ""] }))} />
        ${next && html`<p><button onClick=${() => load(next)}>Load more</button></p>`}`;
    }}<//>`;
}
