// Reads Artillery's report: prints the times of each request, and fails on an error, an unexpected status or an
// unfinished visit. It does not judge the times: machines differ.
//
//   node check.mjs report.json
import { readFileSync } from 'node:fs';

const goal = { request: 'POST /orders', p99: 25, rate: 200 }; // milliseconds, orders a second, on 2 cores

const { aggregate } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const counters = aggregate.counters;
const prefix = 'plugins.metrics-by-endpoint.response_time.';
const times = Object.entries(aggregate.summaries).filter(([name]) => name.startsWith(prefix));
const rate = Number(process.env.LOAD_RATE);

console.log('milliseconds               requests    p50    p95    p99    max');
for (const [name, t] of times.sort()) {
  const columns = [t.median, t.p95, t.p99, t.max].map((v) => v.toFixed(1).padStart(6)).join(' ');
  console.log(`${name.slice(prefix.length).padEnd(24)} ${String(t.count).padStart(10)} ${columns}`);
}

const fault = /^(errors\.|unexpected |vusers\.failed$|http\.codes\.[45])/;
const faults = Object.entries(counters).filter(([name, n]) => n > 0 && fault.test(name));
for (const [name, n] of faults) {
  console.error(`${n} x ${name}`);
}
const created = counters['vusers.created'] ?? 0;
const completed = counters['vusers.completed'] ?? 0;
const expected = 3 * created;
if (times.length !== 3 || created === 0 || completed !== created || counters['http.responses'] !== expected) {
  console.error(`${created} customers came, ${completed} went content; ${counters['http.responses']} answers, not ${expected}`);
  faults.push(['unfinished', 1]);
}
const p99 = aggregate.summaries[prefix + goal.request]?.p99;
const verdict = rate < goal.rate ? 'does not test' : p99 < goal.p99 ? 'meets' : 'misses';
const aim = `the goal of ${goal.p99} ms at ${goal.rate} orders/s on 2 cores`;
console.log(`${goal.request}: p99 ${p99} ms at ${rate} orders/s, which ${verdict} ${aim}`);
process.exit(faults.length > 0 ? 1 : 0);
