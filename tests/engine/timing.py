"""Compares the engine's retries, timeouts and heartbeats with those of moto, another interpreter of state machines.

Usage: timing.py --engine URL --moto URL

Each machine runs on both sides. Both must have the same types of events, seconds between a failure and the next
attempt, status and error. moto calls itself at the port in its URL, which must not be 0. A task that fails, or
waits for a token, is a function for the engine and a queue for moto; the errors have the same name.
"""

import argparse
import json
import sys
import time
import urllib.request

import boto3

ERROR = "SQS.SdkClientException"  # moto's error for a missing queue
PATIENCE = 60  # seconds


def retry(**more):
    return {"ErrorEquals": ["States.TaskFailed"], "IntervalSeconds": 1, "MaxAttempts": 1, "BackoffRate": 1, **more}


def catch(*errors):
    return [{"ErrorEquals": list(errors), "ResultPath": "$.failure", "Next": "Caught"}]


# Other fields of the failing or silent task.
FAILING = {
    "no retry": {},
    "two retries, one second each": {"Retry": [retry(MaxAttempts=2)]},
    "backoff": {"Retry": [retry(MaxAttempts=2, BackoffRate=2)]},
    "capped backoff": {"Retry": [retry(MaxAttempts=3, BackoffRate=10, MaxDelaySeconds=2)]},
    "no attempts": {"Retry": [retry(MaxAttempts=0)]},
    "by name": {"Retry": [retry(ErrorEquals=[ERROR])]},
    "another name": {"Retry": [retry(ErrorEquals=["Other"])]},
    "the first retrier that matches": {"Retry": [retry(ErrorEquals=["Other"], MaxAttempts=5), retry(ErrorEquals=["States.ALL"])]},
    "no retry of timeouts only": {"Retry": [retry(ErrorEquals=["States.Timeout"], MaxAttempts=5)]},
    "retried, then caught": {"Retry": [retry()], "Catch": catch("States.ALL")},
}
SILENT = {
    "timeout": {"TimeoutSeconds": 1},
    "timeout, retried": {"TimeoutSeconds": 1, "Retry": [retry(ErrorEquals=["States.Timeout"])]},
    "timeout, not a TaskFailed": {"TimeoutSeconds": 1, "Retry": [retry()]},
    "timeout, caught": {"TimeoutSeconds": 1, "Catch": catch("States.Timeout")},
    "heartbeat": {"HeartbeatSeconds": 1, "TimeoutSeconds": 60},
}


class Side:
    """One of the two interpreters."""

    def __init__(self, url, failing, silent):
        self.sfn = boto3.client("stepfunctions", endpoint_url=url, region_name="us-east-1",
                                aws_access_key_id="operator", aws_secret_access_key="secret")
        self.failing, self.silent = failing, silent

    def start(self, name, task, fields):
        states = {"A": {"Type": "Task", "End": True, **task, **fields}}
        if "Catch" in fields:
            states["Caught"] = {"Type": "Pass", "Parameters": {"error.$": "$.failure.Error"}, "End": True}
        arn = self.sfn.create_state_machine(name=name, definition=json.dumps({"StartAt": "A", "States": states}),
                                            roleArn="arn:aws:iam::000000000000:role/states")["stateMachineArn"]
        return self.sfn.start_execution(stateMachineArn=arn, input="{}")["executionArn"]

    def observed(self, execution):
        """Waits for the end of an execution and returns the values to compare."""
        deadline = time.monotonic() + PATIENCE
        while (d := self.sfn.describe_execution(executionArn=execution))["status"] == "RUNNING":
            if time.monotonic() > deadline:
                raise TimeoutError(f"{execution} is still running")
            time.sleep(0.05)
        events = self.sfn.get_execution_history(executionArn=execution)["events"]
        delays, failed = [], None
        for e in events:
            if e["type"] in ("TaskFailed", "TaskTimedOut"):
                failed = e["timestamp"]
            elif e["type"] == "TaskScheduled" and failed:
                delays.append(int((e["timestamp"] - failed).total_seconds() + 0.1))  # whole seconds: a late start does not count
        return {"types": [e["type"] for e in events], "delays": delays, "status": d["status"], "error": d.get("error"),
                "output": json.loads(d.get("output", "null"))}


def engine_side(url):
    invoke = lambda pattern, payload, function: {
        "Resource": "arn:aws:states:::lambda:invoke" + pattern, "Parameters": {"FunctionName": function, "Payload": payload}}
    return Side(url, invoke("", {"error": ERROR}, "fail"), invoke(".waitForTaskToken", {"t.$": "$$.Task.Token"}, "echo"))


def moto_side(url):
    config = json.dumps({"stepfunctions": {"execute_state_machine": True}}).encode()
    urllib.request.urlopen(urllib.request.Request(url + "/moto-api/config", config, {"Content-Type": "application/json"})).close()
    sqs = boto3.client("sqs", endpoint_url=url, region_name="us-east-1",
                       aws_access_key_id="operator", aws_secret_access_key="secret")
    queue = sqs.create_queue(QueueName="there")["QueueUrl"]
    send = lambda pattern, queue, body: {
        "Resource": "arn:aws:states:::sqs:sendMessage" + pattern, "Parameters": {"QueueUrl": queue, **body}}
    return Side(url, send("", queue + "-not", {"MessageBody": "x"}),
                send(".waitForTaskToken", queue, {"MessageBody": {"t.$": "$$.Task.Token"}}))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", required=True)
    parser.add_argument("--moto", required=True)
    urls = parser.parse_args()
    sides = [engine_side(urls.engine), moto_side(urls.moto)]
    machines = [("failing", n, f) for n, f in FAILING.items()] + [("silent", n, f) for n, f in SILENT.items()]
    started = [[s.start(f"timing-{i}", getattr(s, kind), fields) for s in sides] for i, (kind, _, fields) in enumerate(machines)]
    failed = 0
    for (_, name, _), executions in zip(machines, started):
        engine, moto = [s.observed(x) for s, x in zip(sides, executions)]
        if engine != moto:
            failed += 1
            print(f"FAIL {name}:\n  engine {engine}\n  moto   {moto}")
    print(f"moto: {len(machines) - failed} agree, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
