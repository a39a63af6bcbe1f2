// Calls of the API, and the operator's session.
"use strict";

const { h, render } = preact;
const { useEffect, useLayoutEffect, useMemo, useRef, useState } = preactHooks;
const html = htm.bind(h);

// Refusal is an answer of the API that is not a success: RFC 9457, or no answer at all.
class Refusal extends Error {
  constructor(status, problem, retryAfter) {
    const faults = (problem.errors ?? []).map((f) => `${f.pointer ?? f.parameter ?? f.header ?? ""} ${f.detail}`.trim());
    super([problem.detail || problem.message || problem.title || `status ${status}`, ...faults].join("; "));
    this.status = status;
    this.code = problem.code ?? "";
    this.retryAfter = retryAfter;
  }
}

const session = {
  // The tab keeps the tokens: they end with it, and no other tab or page can read them.
  get token() { return sessionStorage.getItem("token") ?? ""; },
  keep(tokens) {
    sessionStorage.setItem("token", tokens.access_token);
    if (tokens.refresh_token) sessionStorage.setItem("refresh", tokens.refresh_token);
  },
  end() {
    for (const key of ["token", "refresh", "verifier", "state", "page"]) sessionStorage.removeItem(key);
    session.changed();
  },
  changed() {}, // main.js draws the page again
  get operator() {
    try {
      const claims = JSON.parse(atob(session.token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/")));
      return claims.username ?? claims.sub ?? "";
    } catch {
      return "";
    }
  },
};

// The sign-in pages of a deployed system: {url, clientId}. On one machine there are none: the command
// `orderflow console` prints a link with a token.
const signInPages = JSON.parse(document.querySelector('meta[name="sign-in"]').content || "null");

const base64url = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes)))
  .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

// signIn leaves for the sign-in pages: authorization code flow with PKCE (RFC 7636).
async function signIn() {
  const verifier = base64url(crypto.getRandomValues(new Uint8Array(32)));
  const state = base64url(crypto.getRandomValues(new Uint8Array(16)));
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  sessionStorage.setItem("verifier", verifier);
  sessionStorage.setItem("state", state);
  sessionStorage.setItem("page", location.hash);
  location.assign(signInPages.url + "/oauth2/authorize?" + new URLSearchParams({
    response_type: "code", client_id: signInPages.clientId, redirect_uri: location.origin + location.pathname, state,
    scope: "openid orderflow/orders:read orderflow/orders:write",
    code_challenge: base64url(digest), code_challenge_method: "S256",
  }));
}

async function exchange(form) {
  const answer = await fetch(signInPages.url + "/oauth2/token", {
    method: "POST", body: new URLSearchParams({ client_id: signInPages.clientId, ...form }),
  });
  if (!answer.ok) throw new Error("The sign-in was refused.");
  session.keep(await answer.json());
}

// arrive takes the token or the code with which this page was opened, and removes it from the address.
async function arrive() {
  const given = new URLSearchParams(location.hash.startsWith("#token=") ? location.hash.slice(1) : "");
  const answer = new URLSearchParams(location.search);
  if (given.has("token")) {
    session.keep({ access_token: given.get("token") });
    history.replaceState(null, "", location.pathname);
  } else if (signInPages && answer.has("code") && answer.get("state") === sessionStorage.getItem("state")) {
    history.replaceState(null, "", location.pathname + (sessionStorage.getItem("page") ?? ""));
    await exchange({
      grant_type: "authorization_code", code: answer.get("code"), redirect_uri: location.origin + location.pathname,
      code_verifier: sessionStorage.getItem("verifier"),
    });
  }
}

async function send(method, path, body, headers) {
  const options = { method, headers: { Authorization: `Bearer ${session.token}`, ...headers }, cache: "no-store" };
  if (body !== undefined) {
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  try {
    return await fetch(path, options);
  } catch {
    throw new Refusal(0, { detail: "No answer from the API." });
  }
}

// call returns the answer of the API as a value. It throws a Refusal.
async function call(method, path, body, headers = {}) {
  let answer = await send(method, path, body, headers);
  const refresh = sessionStorage.getItem("refresh");
  if (answer.status === 401 && refresh && signInPages) {
    await exchange({ grant_type: "refresh_token", refresh_token: refresh }).catch(() => {});
    answer = await send(method, path, body, headers);
  }
  const text = await answer.text();
  let value = {};
  try {
    value = text ? JSON.parse(text) : {};
  } catch {
    value = { detail: `The answer (status ${answer.status}) is not JSON.` };
  }
  if (answer.ok) return value;
  if (answer.status === 401) session.end();
  throw new Refusal(answer.status, value, Number(answer.headers.get("Retry-After")) || 0);
}

const get = (path) => call("GET", path);

// query returns a path with the parameters that have a value.
function query(path, parameters) {
  const set = Object.entries(parameters).filter(([, value]) => value !== "" && value !== undefined);
  return set.length ? `${path}?${new URLSearchParams(set)}` : path;
}

// usePolled reads a path now and every two seconds or so, not while the tab is hidden. The last value stays
// while the API cannot be reached. The path "" reads nothing.
function usePolled(path, every = 2000) {
  const [state, set] = useState({ path });
  const reload = useRef(() => {});
  useEffect(() => {
    let stopped = false, timer = 0, asked = 0;
    async function load() {
      clearTimeout(timer);
      const mine = ++asked, began = Date.now();
      let next;
      try {
        next = { path, value: await get(path) };
      } catch (error) {
        next = { error };
      }
      if (stopped || mine !== asked) return;
      set((old) => (next.error && old.path === path ? { ...old, error: next.error } : { path, ...next }));
      // an answer that takes long is asked for less often
      if (!document.hidden) timer = setTimeout(load, Math.max(every, 10 * (Date.now() - began)));
    }
    if (!path) return undefined;
    const shown = () => { if (!document.hidden) load(); };
    document.addEventListener("visibilitychange", shown);
    reload.current = load;
    load();
    return () => {
      stopped = true;
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", shown);
    };
  }, [path]);
  const current = state.path === path ? state : {};
  return { value: current.value, error: current.error, reload: () => reload.current() };
}
