// The page: navigation, search, keys, sign-in.
"use strict";

const pages = [["", "Failures"], ["orders", "Orders"], ["stuck", "Stuck"], ["jobs", "Jobs"], ["reviews", "Reviews"], ["products", "Products"], ["queues", "Queues"], ["audit", "Audit"]];

// place returns the page that an address names: its parts and its parameters.
function place(hash) {
  const [path, parameters] = hash.replace(/^#\/?/, "").split("?");
  return { parts: path.split("/").map(decodeURIComponent), filter: new URLSearchParams(parameters) };
}

function Page({ at: { parts: [room, id], filter } }) {
  switch (room) {
    case "": return html`<${Failures} />`;
    case "failures": return html`<${Failure} id=${id} />`;
    case "orders": return id ? html`<${Order} id=${id} />` : html`<${Orders} filter=${filter} />`;
    case "jobs": return id ? html`<${Job} id=${id} />` : html`<${Jobs} />`;
    case "audit": return html`<${Audit} filter=${filter} />`;
    case "stuck": return html`<${Stuck} filter=${filter} />`;
    case "queues": return html`<${Queues} filter=${filter} />`;
    case "reviews": return html`<${Reviews} />`;
    case "products": return id ? html`<${Product} sku=${id} />` : html`<${Products} />`;
  }
  return html`<h1>There is no such page</h1><p><a href="#/">Failures</a></p>`;
}

// where returns the page for what a person looks for: an order or a job by its id, orders by their e-mail address, and
// otherwise the orders of a customer.
function where(text) {
  if (orderID.test(text)) return link("orders", text);
  if (/^job_[0-9a-hjkmnp-tv-z]{26}$/.test(text)) return link("jobs", text);
  return query("#/orders", { [text.includes("@") ? "email" : "customerId"]: text });
}

function Search() {
  const search = (event) => {
    event.preventDefault();
    const text = new FormData(event.target).get("q").trim();
    if (!text) return;
    location.hash = where(text);
    event.target.reset();
    document.activeElement.blur();
  };
  return html`<form role="search" onSubmit=${search}><input id="search" name="q" type="search" aria-label="Order, job or customer id, or e-mail address"
    placeholder="Order, job or customer id, e-mail  ( / )" autocomplete="off" spellcheck=${false} /></form>`;
}

const keys = [["/", "search"], ["g f", "failures"], ["g o", "orders"], ["g s", "stuck"], ["g j", "jobs"], ["g r", "reviews"], ["g p", "products"], ["g q", "queues"], ["g a", "audit"], ["j  k", "next and previous row"], ["Enter", "open the row"], ["?", "this list"], ["Esc", "close"]];

function Keys({ close }) {
  const box = useRef();
  useLayoutEffect(() => box.current.showModal(), []);
  return html`<dialog ref=${box} onClose=${close} aria-label="Keys"><h2>Keys</h2>
    <dl>${keys.map(([key, what]) => html`<dt><kbd>${key}</kbd></dt><dd>${what}</dd>`)}</dl>
    <form method="dialog" class="row end"><button>Close</button></form></dialog>`;
}

// useKeys handles the keyboard outside of fields and dialogs.
function useKeys(help) {
  useEffect(() => {
    let before = "";
    const press = (event) => {
      if (event.target.matches("input, select, textarea") || document.querySelector("dialog[open]") || event.metaKey || event.ctrlKey || event.altKey) return;
      const key = before + event.key;
      before = event.key === "g" ? "g " : "";
      const target = { "g f": "#/", "g o": "#/orders", "g s": "#/stuck", "g j": "#/jobs", "g r": "#/reviews", "g p": "#/products", "g q": "#/queues", "g a": "#/audit" }[key];
      if (target) location.hash = target;
      else if (event.key === "/") document.querySelector("#search").focus();
      else if (event.key === "?") help();
      else if (event.key === "j" || event.key === "k") step(event.key === "j" ? 1 : -1);
      else return;
      event.preventDefault();
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, []);
}

// step moves the focus to the link of the next or previous row.
function step(by) {
  const links = [...document.querySelectorAll("main tbody td:first-child a, main .card h2 a")];
  links[Math.min(links.length - 1, Math.max(0, links.indexOf(document.activeElement) + by))]?.focus();
}

function SignIn({ note }) {
  const submit = (event) => {
    event.preventDefault();
    session.keep({ access_token: new FormData(event.target).get("token").trim() });
    session.changed();
  };
  return html`<main class="sign-in"><h1>Orderflow</h1>
    ${note && html`<p class="notice bad" role="alert">${note}</p>`}
    ${signInPages
      ? html`<p>The console is for operators.</p><button class="main" onClick=${signIn}>Sign in</button>`
      : html`<p>Run <code>orderflow console --api ${location.origin}</code> and open the link that it prints, or paste the token of
          <code>orderflow token --api ${location.origin} --sub olga --group operators</code>.</p>
        <form onSubmit=${submit} class="row"><input name="token" type="password" required autocomplete="off" aria-label="Access token" placeholder="Access token" />
          <button class="main">Sign in</button></form>`}</main>`;
}

function Console({ note }) {
  const [hash, set] = useState(location.hash);
  const [token, renew] = useState(session.token);
  const [help, show] = useState(false);
  useEffect(() => {
    session.changed = () => renew(session.token);
    const moved = () => {
      set(location.hash);
      scrollTo(0, 0);
    };
    addEventListener("hashchange", moved);
    return () => removeEventListener("hashchange", moved);
  }, []);
  useKeys(() => show(true));
  useEffect(() => {
    const [room, id] = place(hash).parts;
    document.title = `${id ?? pages.find(([path]) => path === room)?.[1] ?? "Console"} · Orderflow`;
  }, [hash]);
  if (!token) return html`<${SignIn} note=${note} />`;
  const at = place(hash), room = at.parts[0] === "failures" ? "" : at.parts[0];
  return html`<header><a class="brand" href="#/">Orderflow</a>
      <nav aria-label="Pages">${pages.map(([path, name]) => html`<a href=${`#/${path}`} aria-current=${room === path ? "page" : undefined}>${name}</a>`)}</nav>
      <${Search} />
      <span class="row user"><span class="quiet">${session.operator}</span><button class="plain" onClick=${() => show(true)} aria-label="Keys">?</button>
        <button class="plain" onClick=${() => session.end()}>Sign out</button></span></header>
    <main key=${hash.split("?")[0]}><${Page} at=${at} /></main>
    ${help && html`<${Keys} close=${() => show(false)} />`}`;
}

arrive().then(() => "", (error) => error.message).then((note) => {
  render(html`<${Console} note=${note} />`, document.querySelector("#console"));
});
