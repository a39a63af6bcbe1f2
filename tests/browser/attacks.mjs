// Requests that pages try to send. The functions run in the page.

const alerts = "arn:aws:sns:us-east-1:000000000000:orderflow-alerts";

// forged is an operator's request as API Gateway passes it to the function, which trusts its
// caller.
const forged = (order) => JSON.stringify({
  version: "2.0", rawPath: `/ops/orders/${order}/cancel`, headers: { "content-type": "application/json" }, body: "{}",
  requestContext: { http: { method: "POST" }, stage: "$default", authorizer: { jwt: { claims: {
    sub: "mallory", token_use: "access", scope: "orders:read orders:write", "cognito:groups": "[operators]" } } } },
});

// How a page makes the browser send one request. Each runs in the page.
const post = ([url, body]) => {
  fetch(url, { method: "POST", mode: "no-cors", body, headers: { "Content-Type": "text/plain" } }).catch(() => {});
};
const beacon = ([url, body]) => { navigator.sendBeacon(url, body); };
const link = ([url]) => { location.href = url; };
const element = ([url, [name, members]]) => {
  document.body.append(Object.assign(document.createElement(name), { src: url, ...members }));
};
const form = ([url, [target, fields]]) => {
  document.body.innerHTML = '<iframe name="hidden"></iframe>';
  const sent = Object.assign(document.createElement("form"), { method: "post", action: url, target });
  for (const [name, value] of Object.entries(fields)) {
    sent.append(Object.assign(document.createElement("input"), { name, value }));
  }
  document.body.append(sent);
  sent.submit();
};
const sandboxed = ([url, fields]) => {
  const script = `fetch("${url}", { method: "POST", mode: "no-cors", body: new URLSearchParams(${JSON.stringify(fields)}) })`;
  const members = { sandbox: "allow-scripts", srcdoc: `<script>${script}</script>` };
  document.body.append(Object.assign(document.createElement("iframe"), members));
};

// attacks are requests that a browser sends without a preflight: [name, how, address, arguments].
export function attacks({ api, aws, order }) {
  const invoke = `${aws}/2015-03-31/functions/orderflow-ApiOrdersFunction/invocations`;
  const deletion = `${aws}/?Action=DeleteTopic&Version=2010-03-31&TopicArn=${alerts}`;
  const publish = { Action: "Publish", Version: "2010-03-31", TopicArn: alerts, Message: "forged" };
  return [
    ["invoke a function with an operator's claims", post, invoke, forged(order)],
    ["invoke it by a beacon", beacon, invoke, forged(order)],
    ["publish by a form in a frame", form, `${aws}/`, ["hidden", publish]],
    ["publish by a form that navigates", form, `${aws}/`, ["_top", publish]],
    ["publish from a frame that hides its origin", sandboxed, `${aws}/`, publish],
    ["delete a topic by an image's address", element, deletion, ["img", {}]],
    ["delete a topic by an image that hides where it stands", element, deletion, ["img", { referrerPolicy: "no-referrer" }]],
    ["delete a topic by a frame", element, deletion, ["iframe", {}]],
    ["delete a topic by a script's address", element, deletion, ["script", {}]],
    ["delete a topic by a link", link, deletion],
    ["ask for a token by a form", form, `${api}/oauth2/token`,
      ["hidden", { grant_type: "client_credentials", client_id: "orderflowuserpoolclient" }]],
  ];
}

// blocked are requests that need a preflight, or whose answer the page wants to read: [name,
// address, options of fetch].
export function blocked({ api, aws }) {
  return [
    ["read the catalogue", `${api}/products/kettle-gooseneck-1l`, {}],
    ["mint a token", `${api}/_local/token`,
      { method: "POST", headers: { "Orderflow-Local": "1" }, body: `{"sub":"x","groups":["operators"]}` }],
    ["begin the outage", `${api}/_local/outage`,
      { method: "PUT", headers: { "Orderflow-Local": "1" }, body: `{"lifted":false}` }],
    ["scan a table", aws,
      { method: "POST", headers: { "X-Amz-Target": "DynamoDB_20120810.Scan" }, body: `{"TableName":"orderflow-orders"}` }],
    ["delete a table", aws,
      { method: "POST", headers: { "X-Amz-Target": "DynamoDB_20120810.DeleteTable" }, body: `{"TableName":"orderflow-orders"}` }],
    ["act as a customer", `${api}/me`, { method: "PUT", headers: { Authorization: "Bearer x" }, body: "{}" }],
  ];
}

// rebound are requests of a page whose name was bound to this machine after loading: [name, server,
// path, options of fetch].
export function rebound({ api, aws, order }) {
  const target = (name) => ({
    method: "POST", headers: { "X-Amz-Target": `DynamoDB_20120810.${name}` }, body: `{"TableName":"orderflow-orders"}`,
  });
  return [
    ["mint an operator's token", api, "/_local/token",
      { method: "POST", headers: { "Orderflow-Local": "1" }, body: `{"sub":"x","groups":["operators"]}` }],
    ["read the notifications", api, "/_local/notifications", { headers: { "Orderflow-Local": "1" } }],
    ["read the catalogue", api, "/products/kettle-gooseneck-1l", {}],
    ["scan a table", aws, "/", target("Scan")],
    ["delete a table", aws, "/", target("DeleteTable")],
    ["invoke a function with an operator's claims", aws,
      "/2015-03-31/functions/orderflow-ApiOrdersFunction/invocations", { method: "POST", body: forged(order) }],
  ];
}
