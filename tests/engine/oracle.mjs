// Compares the engine with another interpreter, npm's aws-local-stepfunctions, for the definitions in a folder.
//
// Usage: oracle.mjs --engine URL --functions URL --modules DIR CASES
//
// A case is a JSON file: comment, definition, input, and for a known difference
//
//	"differs": {"reason": "...", "engine": OUTCOME, "oracle": OUTCOME}
//
// where an OUTCOME is {"output": ...} or {"error": "Name"}. Each side must have its outcome, so that a difference
// that disappears fails. Both sides use the functions of functions.py. In the input, "$run" becomes a unique text.
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isDeepStrictEqual, parseArgs } from 'node:util';

// The package needs Node 22 only for this function.
Promise.withResolvers ??= function () {
  const out = {};
  out.promise = new this((resolve, reject) => Object.assign(out, { resolve, reject }));
  return out;
};

const patience = 60_000; // milliseconds for one execution

async function call(engine, operation, input) {
  const answer = await fetch(engine, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/x-amz-json-1.0',
      'X-Amz-Target': 'AWSStepFunctions.' + operation,
      Authorization: 'AWS4-HMAC-SHA256 Credential=operator/20260101/us-east-1/states/aws4_request, ' +
        'SignedHeaders=host, Signature=0',
    },
    body: JSON.stringify(input),
  });
  const body = await answer.json();
  if (!answer.ok) throw new Error(`${operation}: ${JSON.stringify(body)}`);
  return body;
}

// engineOutcome runs a case in the engine.
async function engineOutcome(engine, name, { definition, input }) {
  const { stateMachineArn } = await call(engine, 'CreateStateMachine', {
    name: 'oracle-' + name, definition: JSON.stringify(definition), roleArn: 'arn:aws:iam::000000000000:role/states',
  });
  const { executionArn } = await call(engine, 'StartExecution', { stateMachineArn, input: JSON.stringify(input) });
  const deadline = Date.now() + patience;
  for (;;) {
    const x = await call(engine, 'DescribeExecution', { executionArn });
    if (x.status === 'SUCCEEDED') return { output: JSON.parse(x.output) };
    if (x.status !== 'RUNNING') return { error: x.error ?? null };
    if (Date.now() > deadline) throw new Error('still running');
    await new Promise((done) => setTimeout(done, 5));
  }
}

class FunctionError extends Error {
  constructor({ errorType, errorMessage }) {
    super(errorMessage);
    this.name = errorType;
  }
}

async function invoke(functions, name, payload) {
  const url = `${functions}/2015-03-31/functions/${name}/invocations`;
  const answer = await fetch(url, { method: 'POST', body: JSON.stringify(payload) });
  const body = await answer.json();
  if (!answer.ok) throw new Error(`invoke ${name}: ${JSON.stringify(body)}`);
  if (answer.headers.has('x-amz-function-error')) throw new FunctionError(body);
  return body;
}

// handlers maps each Task state of the definition, at any depth, to the function of its resource.
function handlers(functions, workflow, found = {}) {
  for (const [name, state] of Object.entries(workflow.States)) {
    for (const inner of [...(state.Branches ?? []), state.ItemProcessor ?? state.Iterator]) {
      if (inner) handlers(functions, inner, found);
    }
    if (state.Type !== 'Task') continue;
    found[name] = state.Resource.endsWith(':lambda:invoke')
      ? async ({ FunctionName, Payload }) => {
          const result = await invoke(functions, FunctionName, Payload);
          return { ExecutedVersion: '$LATEST', Payload: result, StatusCode: 200 };
        }
      : (payload) => invoke(functions, state.Resource.split(':').at(-1), payload);
  }
  return found;
}

// oracleOutcome runs a case in the other interpreter.
async function oracleOutcome({ StateMachine, ExecutionError }, functions, { definition, input }) {
  try {
    const machine = new StateMachine(definition, { validationOptions: { noValidate: true } });
    const { result } = machine.run(input, { overrides: { taskResourceLocalHandlers: handlers(functions, definition) } });
    return { output: await result };
  } catch (e) {
    if (e instanceof ExecutionError) return { error: e.getWrappedError?.name ?? e.cause?.name ?? null };
    throw e;
  }
}

// verdict returns '' if both outcomes are as expected.
function verdict(engine, oracle, differs) {
  if (!differs) return isDeepStrictEqual(engine, oracle) ? '' : 'the two differ';
  if (isDeepStrictEqual(engine, oracle)) return 'a known difference is gone';
  for (const [side, got, want] of [['engine', engine, differs.engine], ['oracle', oracle, differs.oracle]]) {
    if (!isDeepStrictEqual(got, want)) return `the ${side} is not as noted`;
  }
  return '';
}

async function main() {
  const { values, positionals } = parseArgs({
    options: { engine: { type: 'string' }, functions: { type: 'string' }, modules: { type: 'string' } }, allowPositionals: true,
  });
  const folder = positionals[0];
  const entry = createRequire(resolve(values.modules, 'x')).resolve('aws-local-stepfunctions');
  const library = await import(pathToFileURL(entry));
  const files = readdirSync(folder).filter((f) => f.endsWith('.json')).sort();
  if (files.length === 0) throw new Error(`no cases in ${folder}`);
  let failed = 0;
  const differences = [];
  await Promise.all(files.map(async (file) => {
    const name = file.replace(/\.json$/, '');
    const text = readFileSync(join(folder, file), 'utf8');
    const run = (side) => JSON.parse(text.replaceAll('"$run"', JSON.stringify(`${name}-${side}`)));
    const engine = await engineOutcome(values.engine, name, run('engine')).catch((e) => ({ broken: String(e) }));
    const oracle = await oracleOutcome(library, values.functions, run('oracle')).catch((e) => ({ broken: String(e) }));
    const { differs } = run('');
    const wrong = verdict(engine, oracle, differs);
    if (wrong) {
      failed++;
      console.log(`FAIL ${name}: ${wrong}\n  engine ${JSON.stringify(engine)}\n  oracle ${JSON.stringify(oracle)}`);
    } else if (differs) {
      differences.push(`  ${name}: ${differs.reason}`);
    }
  }));
  if (differences.length > 0) console.log(['known differences from aws-local-stepfunctions:', ...differences.sort()].join('\n'));
  const agree = files.length - failed - differences.length;
  console.log(`aws-local-stepfunctions: ${agree} agree, ${differences.length} differ as known, ${failed} failed`);
  process.exitCode = failed ? 1 : 0;
}

await main();
