// Parts that the pages share.
"use strict";

const link = (...parts) => "#/" + parts.map(encodeURIComponent).join("/");

const tones = {
  FULFILLED: "good", SUCCEEDED: "good", CAPTURED: "good", RECOVERED: "good", RECEIVED: "good", DONE: "good",
  SENT: "good", BOUNCED: "bad", COMPLAINED: "bad", SUPPRESSED: "warn",
  FAILED: "bad", TIMED_OUT: "bad", ABORTED: "bad", FAILED_AGAIN: "bad", REFUSED: "warn",
  IN_REVIEW: "warn", UNCERTAIN: "warn", DECLINED: "warn", REFUND_PENDING: "warn", PENDING: "warn", REQUESTED: "warn", PAUSED: "warn", STOPPED: "warn",
};

const Badge = ({ of }) => html`<span class=${"badge " + (tones[of] ?? "")}>${label(of)}</span>`;

// Time shows a time where the reader is, and in UTC on hover.
const Time = ({ at, short }) => html`<time datetime=${at} title=${new Date(at).toISOString()}>${short ? clock(at) : time(at)}</time>`;

const Since = ({ at }) => html`<time datetime=${at} title=${`${time(at)} (${at})`}>${span(Date.now() - Date.parse(at))}</time>`;

function Copy({ text, what }) {
  const [done, set] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    set(true);
    setTimeout(() => set(false), 1500);
  };
  return html`<button class="plain" onClick=${copy} aria-label=${`Copy ${what}`} title=${`Copy ${what}`}>${done ? "copied" : "copy"}</button>`;
}

// Answer shows what became of a request for a page's value.
function Answer({ of, children }) {
  const stale = of.error && html`<p class="notice bad" role="alert">${of.error.message}${of.value ? " The page shows the last answer." : ""}</p>`;
  if (of.value) return html`${stale}${children(of.value)}`;
  return stale || html`<p class="quiet" role="status">Loading…</p>`;
}

// Table shows rows under headings. A heading that starts with ">" is of a column of numbers.
function Table({ name, head, rows, empty }) {
  if (!rows.length) return html`<p class="quiet">${empty}</p>`;
  const side = (i) => (head[i].startsWith(">") ? "number" : undefined);
  return html`<div class="scroll" tabindex="0" role="region" aria-label=${name}><table>
    <thead><tr>${head.map((title, i) => html`<th scope="col" class=${side(i)}>${title.replace(">", "")}</th>`)}</tr></thead>
    <tbody>${rows.map((row) => html`<tr key=${row.key} class=${row.tone}>
      ${row.cells.map((cell, i) => html`<td class=${side(i)}>${cell}</td>`)}</tr>`)}</tbody>
  </table></div>`;
}

// Dialog asks for what an action needs, tells what will happen, and shows why it was refused. What will
// happen may be a function of what was given.
function Dialog({ title, what, action, danger, fields = [], close, run }) {
  const form = useRef(), box = useRef();
  const [state, set] = useState({});
  const [given, keep] = useState(() => Object.fromEntries(fields.map((f) => [f.name,
    f.type === "checkbox" ? f.checked && "on" : f.value ?? f.options?.[0][0] ?? ""])));
  const read = () => Object.fromEntries(new FormData(form.current));
  useLayoutEffect(() => {
    box.current.showModal();
    return () => box.current?.close();
  }, []);
  const submit = async (event) => {
    event.preventDefault();
    set({ busy: true });
    try {
      await run(read());
      close(true);
    } catch (error) {
      set({ error });
    }
  };
  return html`<dialog ref=${box} onCancel=${(e) => { e.preventDefault(); close(false); }} aria-labelledby="dialog-title">
    <form ref=${form} onSubmit=${submit} onInput=${() => keep(read())}>
      <h2 id="dialog-title">${title}</h2>
      <div>${typeof what === "function" ? what(given) : what}</div>
      ${fields.map((f) => html`<label class=${f.type === "checkbox" ? "check" : ""}>
        <span>${f.label}</span>
        ${f.options
          ? html`<select name=${f.name} value=${given[f.name]}>${f.options.map(([value, text]) => html`<option value=${value}>${text}</option>`)}</select>`
          : html`<input name=${f.name} type=${f.type ?? "text"} required=${!f.optional && f.type !== "checkbox"}
              value=${f.type === "checkbox" ? "on" : given[f.name]} checked=${given[f.name] === "on"} min=${f.min} max=${f.max} maxlength="500" autocomplete="off" placeholder=${f.placeholder} />`}
        ${f.help && html`<small>${f.help}</small>`}</label>`)}
      ${state.error && html`<p class="notice bad" role="alert">${state.error.message}</p>`}
      <div class="row end">
        <button type="button" onClick=${() => close(false)}>Back</button>
        <button class=${danger ? "danger" : "main"} disabled=${state.busy}>${state.busy ? "…" : action}</button>
      </div>
    </form></dialog>`;
}

const reasonField = { name: "reason", label: "Reason", help: "For the order's timeline. No personal data." };

// useDialog returns the dialog that is open, and a function that opens one.
function useDialog(after) {
  const [open, set] = useState(null);
  const close = (done) => {
    set(null);
    if (done) after();
  };
  return [open && html`<${Dialog} key=${open.title} ...${open} close=${close} />`, set];
}
