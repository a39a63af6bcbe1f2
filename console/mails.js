// The mails to the customer of an order: what became of each, and sending one again.
"use strict";

const local = ["localhost", "127.0.0.1", "[::1]"].includes(location.hostname);

// useMailbox returns the numbers of an order's mails in the mailbox of a local system, by name: the latest
// of each. On AWS there is none.
function useMailbox(id, changes) {
  const [numbers, set] = useState({});
  useEffect(() => {
    if (!local) return;
    fetch(`/_local/mails?order=${encodeURIComponent(id)}`, { headers: { "Orderflow-Local": "1" } })
      .then((r) => (r.ok ? r.json() : []), () => [])
      .then((mails) => set(Object.fromEntries(mails.map((m) => [m.name, m.sequence]))));
  }, [id, changes]);
  return numbers;
}

const arrivedNot = (mail) => ["BOUNCED", "COMPLAINED", "SUPPRESSED", "FAILED"].includes(mail.status);

const whyNot = { BOUNCED: "the address does not exist", COMPLAINED: "reported as spam", SUPPRESSED: "mails to the address are stopped",
  OUTDATED: "no longer true when its turn came" };

function Mails({ order, open }) {
  const path = `/ops/orders/${order.orderId}/mails`;
  const { value } = usePolled(path, 3000);
  const mails = value?.mails ?? [];
  const numbers = useMailbox(order.orderId, mails.map((m) => m.name + m.at).join());
  const again = (mail) => open({ title: "Send the mail again", action: "Send", fields: [reasonField],
    what: `It goes to ${order.email}. If mails to that address were stopped, they no longer are. Correct the address first, if it is wrong.`,
    run: ({ reason }) => call("POST", `${path}/${mail.name}/send`, { reason }) });
  return mails.length > 0 && html`<h2>Mails</h2><${Table} name="Mails" head=${["Mail", "Status", "When", "Why", "Action"]}
    rows=${mails.map((m) => ({ key: m.name, cells: [
      numbers[m.name] ? html`<a href=${`/_local/mailbox/${numbers[m.name]}`} target="_blank" rel="noreferrer">${m.name}</a>` : m.name,
      html`<${Badge} of=${m.status} />`, html`<${Time} at=${m.at} />`,
      [whyNot[m.status], m.failure, m.attempts > 1 && count(m.attempts, "attempt")].filter(Boolean).join(", "),
      arrivedNot(m) && html`<button onClick=${() => again(m)}>Send again</button>`] }))} />`;
}
