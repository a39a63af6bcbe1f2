// How values read.
"use strict";

// digits returns how many decimals a currency has.
const digits = (currency) => new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits;

function money(m) {
  if (!m) return "";
  const places = digits(m.currency);
  return new Intl.NumberFormat(undefined, { minimumFractionDigits: places, maximumFractionDigits: places })
    .format(m.amount / 10 ** places) + " " + m.currency;
}

// minor returns an amount that a person typed in minor units, or NaN.
function minor(text, currency) {
  const places = digits(currency);
  const match = /^(\d{1,12})(?:\.(\d+))?$/.exec(text.trim());
  if (!match || (match[2] ?? "").length > places) return NaN;
  return Number(match[1] + (match[2] ?? "").padEnd(places, "0"));
}

const time = (at) => new Date(at).toLocaleString(undefined, {
  year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit",
});
const clock = (at) => new Date(at).toLocaleTimeString(undefined, { hour12: false }) + "." +
  String(new Date(at).getMilliseconds()).padStart(3, "0");

// span returns a duration in its largest unit.
function span(ms) {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
  for (const [unit, size, limit] of [["s", 1000, 60], ["min", 60_000, 60], ["h", 3_600_000, 48]]) {
    if (ms < size * limit) return `${Math.floor(ms / size)} ${unit}`;
  }
  return `${Math.floor(ms / 86_400_000)} days`;
}

const count = (n, one, many = one + "s") => `${n.toLocaleString()} ${n === 1 ? one : many}`;

// label returns a status in words: IN_REVIEW is "in review".
const label = (status) => status.toLowerCase().replaceAll("_", " ");

// pretty returns JSON text indented, or the text if it is not JSON.
function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text ?? "";
  }
}

// causeOf returns the message in the cause of a failed task: Lambda's are JSON with errorMessage.
function causeOf(text) {
  try {
    return JSON.parse(text).errorMessage ?? pretty(text);
  } catch {
    return text ?? "";
  }
}

// leaves returns the values of JSON text by their paths.
function leaves(text) {
  const found = new Map();
  const walk = (value, path) => {
    if (value && typeof value === "object" && Object.keys(value).length) {
      for (const [key, child] of Object.entries(value)) walk(child, Array.isArray(value) ? `${path}[${key}]` : `${path}.${key}`);
    } else {
      found.set(path, JSON.stringify(value));
    }
  };
  try {
    walk(JSON.parse(text), "$");
  } catch {
    // not JSON: nothing to compare
  }
  return found;
}

// difference lists what differs between two JSON texts: [path, before, after].
function difference(before, after) {
  const old = leaves(before), now = leaves(after);
  return [...new Set([...old.keys(), ...now.keys()])]
    .filter((path) => old.get(path) !== now.get(path))
    .map((path) => [path, old.get(path), now.get(path)]);
}

const orderID = /^ord_[0-9a-hjkmnp-tv-z]{26}$/;
