"""Drives the engine with real clients, boto3 and the aws command line, and checks every answer.

Usage: clients.py --endpoint URL

The engine must reach the functions of functions.py as Lambda, and have no state machine yet. The last line is
"N passed, M failed". The exit code is 1 if a check failed.
"""

import argparse
import datetime
import json
import os
import subprocess
import sys
import time
import traceback

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

REGION, ACCOUNT = "us-east-1", "000000000000"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/states"
PREFIX = f"arn:aws:states:{REGION}:{ACCOUNT}:"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "operator", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_DEFAULT_REGION": REGION}
PATIENCE = 60  # seconds after which a wait fails


class Checks:
    """Counts the checks that passed and failed."""

    def __init__(self):
        self.passed = self.failed = 0

    def that(self, what, ok, detail=""):
        if ok:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAIL {what}: {detail}")

    def equal(self, what, got, want):
        self.that(what, got == want, f"got {got!r}, want {want!r}")

    def refused(self, what, code, message, call, **parameters):
        """Checks that the call is refused with this code and message (None: any message)."""
        try:
            answer = call(**parameters)
        except ClientError as e:
            error = e.response["Error"]
            self.equal(what + ": code", error["Code"], code)
            if message is not None:
                self.equal(what + ": message", error["Message"], message)
        else:
            self.that(what, False, f"accepted with {answer!r}, want {code}")


def machine(states, start=None, **top):
    return json.dumps({"StartAt": start or next(iter(states)), "States": states, **top})


def invoke(function, payload="$", **more):
    return {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": function, "Payload.$": payload},
            "OutputPath": "$.Payload", "End": True, **more}


WAITING = machine({"W": {"Type": "Wait", "Seconds": 100000, "End": True}})
CALLBACK = machine({"Ask": {
    "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken", "HeartbeatSeconds": 60, "End": True,
    "Parameters": {"FunctionName": "echo", "Payload": {"token.$": "$$.Task.Token"}},
}})


class Engine:
    """The client, with the calls that many checks share."""

    def __init__(self, endpoint):
        session = boto3.Session(aws_access_key_id="operator", aws_secret_access_key="secret", region_name=REGION)
        config = Config(retries={"max_attempts": 0}, inject_host_prefix=False)
        self.sfn = session.client("stepfunctions", endpoint_url=endpoint, config=config)

    def create(self, name, definition, **more):
        return self.sfn.create_state_machine(name=name, definition=definition, roleArn=ROLE, **more)["stateMachineArn"]

    def start(self, arn, value=None, **more):
        value = json.dumps({} if value is None else value)
        return self.sfn.start_execution(stateMachineArn=arn, input=value, **more)["executionArn"]

    def ended(self, execution):
        """Waits for the end of the execution and returns its description."""
        return self.until(lambda: self.running(execution))

    def running(self, execution):
        description = self.sfn.describe_execution(executionArn=execution)
        return None if description["status"] == "RUNNING" else description

    def events(self, execution, **more):
        return self.sfn.get_execution_history(executionArn=execution, maxResults=1000, **more)["events"]

    def types(self, execution):
        return [e["type"] for e in self.events(execution)]

    def token(self, execution, n=1):
        """Waits for the n-th task token and returns it."""
        def submitted():
            events = self.events(execution)
            if sum(e["type"] == "TaskSubmitted" for e in events) < n:
                return None
            scheduled = [e["taskScheduledEventDetails"] for e in events if e["type"] == "TaskScheduled"]
            return json.loads(scheduled[n - 1]["parameters"])["Payload"]["token"]
        return self.until(submitted)

    @staticmethod
    def until(probe):
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if (found := probe()) is not None:
                return found
            time.sleep(0.01)
        raise TimeoutError(f"nothing after {PATIENCE} s")


def check_machines(c, e):
    definition = machine({"A": invoke("echo")})
    arn = e.create("machine", definition, tags=[{"key": "team", "value": "orders"}])
    c.equal("ARN of a machine", arn, PREFIX + "stateMachine:machine")
    c.equal("the same creation again", e.create("machine", definition), arn)
    c.refused("another definition under the name", "StateMachineAlreadyExists", f"State Machine Already Exists: '{arn}'",
              e.sfn.create_state_machine, name="machine", definition=WAITING, roleArn=ROLE)
    d = e.sfn.describe_state_machine(stateMachineArn=arn)
    c.equal("description", [d[k] for k in ("name", "status", "type", "definition", "roleArn")],
            ["machine", "ACTIVE", "STANDARD", definition, ROLE])
    c.that("creationDate", isinstance(d["creationDate"], datetime.datetime), d["creationDate"])

    old = e.start(arn, {"v": 1})
    c.equal("output of the first definition", json.loads(e.ended(old)["output"]), {"v": 1})
    revised = machine({"A": invoke("double")})
    revision = e.sfn.update_state_machine(stateMachineArn=arn, definition=revised)["revisionId"]
    c.equal("revision", e.sfn.describe_state_machine(stateMachineArn=arn)["revisionId"], revision)
    c.equal("output of the second definition", json.loads(e.ended(e.start(arn, {"n": 4}))["output"]), {"n": 8})
    c.equal("definition of the older execution",
            e.sfn.describe_state_machine_for_execution(executionArn=old)["definition"], definition)
    c.refused("an update of nothing", "MissingRequiredParameter", None, e.sfn.update_state_machine, stateMachineArn=arn)

    for i in range(5):
        e.create(f"listed-{i}", WAITING)
    pages = list(e.sfn.get_paginator("list_state_machines").paginate(PaginationConfig={"PageSize": 2}))
    c.equal("machines, two a page", [len(p["stateMachines"]) for p in pages], [2, 2, 2])
    c.equal("machines", sorted(m["name"] for p in pages for m in p["stateMachines"]),
            [f"listed-{i}" for i in range(5)] + ["machine"])
    for i in range(5):
        e.sfn.delete_state_machine(stateMachineArn=PREFIX + f"stateMachine:listed-{i}")
    c.equal("machines after deletions", [m["name"] for m in e.sfn.list_state_machines()["stateMachines"]], ["machine"])
    again = e.sfn.delete_state_machine(stateMachineArn=PREFIX + "stateMachine:listed-0")
    c.equal("a second deletion", again["ResponseMetadata"]["HTTPStatusCode"], 200)


def check_tags(c, e):
    arn = e.create("tagged", WAITING, tags=[{"key": "a", "value": "1"}])
    e.sfn.tag_resource(resourceArn=arn, tags=[{"key": "a", "value": "2"}, {"key": "b", "value": "3"}])
    tags = e.sfn.list_tags_for_resource(resourceArn=arn)["tags"]
    c.equal("tags", {t["key"]: t["value"] for t in tags}, {"a": "2", "b": "3"})
    e.sfn.untag_resource(resourceArn=arn, tagKeys=["a"])
    c.equal("tags after a removal", e.sfn.list_tags_for_resource(resourceArn=arn)["tags"], [{"key": "b", "value": "3"}])
    c.refused("tags of a missing machine", "ResourceNotFound", None,
              e.sfn.list_tags_for_resource, resourceArn=PREFIX + "stateMachine:nothing")


def check_validation(c, e):
    validate = e.sfn.validate_state_machine_definition
    ok = validate(definition=WAITING)
    c.equal("a valid definition", (ok["result"], ok["diagnostics"], ok["truncated"]), ("OK", [], False))
    broken = machine({"A": {"Type": "Pass", "Next": "X"}, "B": {"Type": "Wait", "End": True}})
    bad = validate(definition=broken)
    c.equal("places of an invalid definition", sorted(d["location"] for d in bad["diagnostics"]),
            ["/States/A/Next", "/States/B", "/States/B"])
    c.equal("result of an invalid definition", bad["result"], "FAIL")
    one = validate(definition=broken, maxResults=1)
    c.equal("a cut list of diagnostics", (len(one["diagnostics"]), one["truncated"]), (1, True))
    refuse = lambda what, definition, message: c.refused(
        what, "InvalidDefinition", message,
        e.sfn.create_state_machine, name="bad", definition=definition, roleArn=ROLE)
    refuse("a missing target", machine({"A": {"Type": "Pass", "Next": "X"}}),
           "Invalid State Machine Definition: 'MISSING_TRANSITION_TARGET: Missing 'Next' target: X at /States/A/Next, "
           "MISSING_END_STATE: Workflow has no terminal state at null'")
    refuse("a misspelt field", machine({"A": invoke("echo", TimeOutSeconds=5)}),
           "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: Field 'TimeOutSeconds' is not supported at /States/A'")
    inner = {"StartAt": "In", "States": {"In": {"Type": "Pass", "Assign": {"x": 2}, "End": True}}}
    refuse("an outer variable", machine({"M": {"Type": "Map", "ItemProcessor": inner, "Assign": {"x": 1}, "End": True}}),
           "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: The variable 'x' is assigned in an "
           "outer scope and cannot be assigned in an "
           "inner one at /States/M/ItemProcessor/States/In/Assign'")
    for what, definition in {
        "JSONata": machine({"A": {"Type": "Pass", "End": True}}, QueryLanguage="JSONata"),
        "an activity": machine({"A": {"Type": "Task", "Resource": PREFIX + "activity:a", "End": True}}),
        "a job of another service": machine({
            "A": {"Type": "Task", "Resource": "arn:aws:states:::glue:startJobRun.sync", "End": True}}),
    }.items():
        refuse(what, definition, None)


def check_executions(c, e):
    arn = e.create("waiting", WAITING)
    start = e.sfn.start_execution
    first = start(stateMachineArn=arn, name="one", input='{"a":1}')
    c.equal("ARN of an execution", first["executionArn"], PREFIX + "execution:waiting:one")
    again = start(stateMachineArn=arn, name="one", input='{"a":1}')
    c.equal("the same start again", (again["executionArn"], again["startDate"]), (first["executionArn"], first["startDate"]))
    taken = f"Execution Already Exists: '{first['executionArn']}'"
    c.refused("another input under the name", "ExecutionAlreadyExists", taken,
              start, stateMachineArn=arn, name="one", input='{"a":2}')
    d = e.sfn.describe_execution(executionArn=first["executionArn"])
    c.equal("running", (d["status"], d["name"], d["stateMachineArn"], d["input"], d["redriveCount"]),
            ("RUNNING", "one", arn, '{"a":1}', 0))
    c.equal("not redrivable", (d["redriveStatus"], d["redriveStatusReason"]),
            ("NOT_REDRIVABLE", "Execution is RUNNING and cannot be redriven"))
    c.that("no stopDate and no output", "stopDate" not in d and "output" not in d, d)

    stopped = e.sfn.stop_execution(executionArn=first["executionArn"], error="Cancelled", cause="by the customer")
    d = e.sfn.describe_execution(executionArn=first["executionArn"])
    c.equal("stopped", (d["status"], d["error"], d["cause"], d["stopDate"]),
            ("ABORTED", "Cancelled", "by the customer", stopped["stopDate"]))
    last = e.events(first["executionArn"])[-1]
    c.equal("the last event of a stopped one", (last["type"], last["previousEventId"], last["executionAbortedEventDetails"]),
            ("ExecutionAborted", 0, {"error": "Cancelled", "cause": "by the customer"}))
    c.refused("the name of a closed one", "ExecutionAlreadyExists", taken,
              start, stateMachineArn=arn, name="one", input='{"a":1}')

    for i in range(4):
        e.start(arn, name=f"x{i}")
    pages = list(e.sfn.get_paginator("list_executions").paginate(stateMachineArn=arn, PaginationConfig={"PageSize": 2}))
    names = [x["name"] for p in pages for x in p["executions"]]
    c.equal("executions, the newest first", names, ["x3", "x2", "x1", "x0", "one"])
    c.equal("two a page", [len(p["executions"]) for p in pages], [2, 2, 1])
    listed = lambda **filters: [x["name"] for x in e.sfn.list_executions(stateMachineArn=arn, **filters)["executions"]]
    c.equal("running ones", listed(statusFilter="RUNNING"), ["x3", "x2", "x1", "x0"])
    c.equal("aborted ones", listed(statusFilter="ABORTED"), ["one"])
    c.equal("redriven ones", listed(redriveFilter="REDRIVEN"), [])


def check_history(c, e):
    arn = e.create("history", machine({"A": {"Type": "Pass", "Next": "B"}, "B": invoke("echo")}))
    execution = e.start(arn, {"big": 12345678901234567890, "text": "é€😀"})
    c.equal("status", e.ended(execution)["status"], "SUCCEEDED")
    types = ["ExecutionStarted", "PassStateEntered", "PassStateExited",
             "TaskStateEntered", "TaskScheduled", "TaskStarted", "TaskSucceeded",
             "TaskStateExited", "ExecutionSucceeded"]
    events = e.events(execution)
    c.equal("types", [x["type"] for x in events], types)
    c.equal("ids", [(x["id"], x["previousEventId"]) for x in events], [(1, 0), (2, 0)] + [(i, i - 1) for i in range(3, 10)])
    c.equal("input of the start", json.loads(events[0]["executionStartedEventDetails"]["input"]),
            {"big": 12345678901234567890, "text": "é€😀"})
    c.equal("output", json.loads(e.ended(execution)["output"]), {"big": 12345678901234567890, "text": "é€😀"})
    for reverse in (False, True):
        pages = list(e.sfn.get_paginator("get_execution_history").paginate(
            executionArn=execution, reverseOrder=reverse, PaginationConfig={"PageSize": 4}))
        c.equal(f"four events a page, reverse={reverse}", [len(p["events"]) for p in pages], [4, 4, 1])
        c.equal(f"events of the pages, reverse={reverse}", [x for p in pages for x in p["events"]],
                events[::-1] if reverse else events)
    bare = e.events(execution, includeExecutionData=False)
    c.that("no data if none is asked for", "input" not in bare[0]["executionStartedEventDetails"], bare[0])


def check_redrive(c, e):
    arn = e.create("flaky", machine({"A": {"Type": "Pass", "Next": "B"}, "B": invoke("flaky")}))
    execution = e.start(arn, {"key": "redrive", "failures": 2})
    d = e.ended(execution)
    cause = json.dumps({"errorMessage": "call 1", "errorType": "Busy"})
    c.equal("failed", (d["status"], d["error"], d["cause"], d["redriveStatus"]), ("FAILED", "Busy", cause, "REDRIVABLE"))
    before = e.events(execution)
    first = e.sfn.redrive_execution(executionArn=execution, clientToken="first")
    d = e.ended(execution)
    c.equal("failed again", (d["status"], d["redriveCount"], d["redriveDate"]), ("FAILED", 1, first["redriveDate"]))
    again = e.sfn.redrive_execution(executionArn=execution, clientToken="first")
    c.equal("the same redrive again", again["redriveDate"], first["redriveDate"])
    c.equal("not redriven twice", e.sfn.describe_execution(executionArn=execution)["redriveCount"], 1)
    e.sfn.redrive_execution(executionArn=execution)
    d = e.ended(execution)
    c.equal("succeeded", (d["status"], json.loads(d["output"]), d["redriveCount"]), ("SUCCEEDED", {"calls": 3}, 2))
    after = e.events(execution)
    c.equal("the history is appended to", after[:len(before)], before)
    c.equal("redrives in it", [
        x["executionRedrivenEventDetails"]["redriveCount"] for x in after if x["type"] == "ExecutionRedriven"], [1, 2])
    c.equal("the Pass ran once", sum(x["type"] == "PassStateEntered" for x in after), 1)
    c.refused("redrive of a success", "ExecutionNotRedrivable", None, e.sfn.redrive_execution, executionArn=execution)
    found = e.sfn.list_executions(stateMachineArn=arn, redriveFilter="REDRIVEN")["executions"]
    c.equal("listed as redriven", [(x["executionArn"], x["redriveCount"]) for x in found], [(execution, 2)])


def check_retry(c, e):
    retry = [{"ErrorEquals": ["Busy"], "IntervalSeconds": 1, "MaxAttempts": 1}]
    catch = [{"ErrorEquals": ["States.TaskFailed"], "ResultPath": "$.error", "Next": "Caught"}]
    arn = e.create("retrying", machine({"A": invoke("flaky", Retry=retry, Catch=catch), "Caught": {"Type": "Pass", "End": True}}))
    good, bad = e.start(arn, {"key": "retry", "failures": 1}), e.start(arn, {"key": "catch", "failures": 9})
    c.equal("retried", json.loads(e.ended(good)["output"]), {"calls": 2})
    stamps = [x["timestamp"] for x in e.events(good) if x["type"] in ("TaskFailed", "TaskScheduled")]
    waited = (stamps[2] - stamps[1]).total_seconds()
    c.that("after one second", 1 <= waited < 5, waited)
    c.equal("caught", json.loads(e.ended(bad)["output"])["error"]["Error"], "Busy")
    slow = e.create("slow", machine({"A": invoke("slow", TimeoutSeconds=1)}))
    d = e.ended(e.start(slow, {"seconds": 2}))
    c.equal("task timeout", (d["status"], d["error"]), ("FAILED", "States.Timeout"))
    whole = e.create("short", machine({"W": {"Type": "Wait", "Seconds": 60, "End": True}}, TimeoutSeconds=1))
    d = e.ended(e.start(whole))
    took = (d["stopDate"] - d["startDate"]).total_seconds()
    c.that("timeout of the machine", d["status"] == "TIMED_OUT" and abs(took - 1) < 0.002, (d["status"], took))
    c.that("without error and cause", "error" not in d and "cause" not in d, d)


def check_children(c, e):
    def parent(name, child, pattern):
        return e.create(name, machine({"C": {
            "Type": "Task", "Resource": "arn:aws:states:::states:startExecution." + pattern, "End": True,
            "Parameters": {"StateMachineArn": child, "Name": name + "-child", "Input.$": "$"}}}))

    double = e.create("child", machine({"D": invoke("double")}))
    for pattern, shown in (("sync", '{"n":8}'), ("sync:2", {"n": 8})):
        execution = e.start(parent("parent-" + pattern[-1], double, pattern), {"n": 4})
        output = json.loads(e.ended(execution)["output"])
        if isinstance(output["Output"], str):
            output["Output"] = output["Output"].replace(" ", "")
        c.equal(f"output of .{pattern}", (output["Output"], output["Status"], output["Name"]),
                (shown, "SUCCEEDED", f"parent-{pattern[-1]}-child"))
        c.equal(f"history of .{pattern}", e.types(execution)[2:6],
                ["TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded"])
    failing = e.create("child-failing", machine({"F": {"Type": "Fail", "Error": "E", "Cause": "c"}}))
    d = e.ended(e.start(parent("parent-failing", failing, "sync")))
    cause = json.loads(d["cause"])
    c.equal("a child that fails", (d["error"], cause["Error"], cause["Cause"], cause["Status"]),
            ("States.TaskFailed", "E", "c", "FAILED"))
    waiting = e.create("child-waiting", WAITING)
    execution = e.start(parent("parent-stopped", waiting, "sync"))
    e.until(lambda: "TaskSubmitted" in e.types(execution))
    e.sfn.stop_execution(executionArn=execution)
    c.equal("the child of a parent that is stopped",
            e.ended(PREFIX + "execution:child-waiting:parent-stopped-child")["status"], "ABORTED")


def check_listings_of_none(c, e):
    arn = e.create("plain", WAITING)
    execution = e.start(arn)
    c.equal("versions", e.sfn.list_state_machine_versions(stateMachineArn=arn)["stateMachineVersions"], [])
    c.equal("aliases", e.sfn.list_state_machine_aliases(stateMachineArn=arn)["stateMachineAliases"], [])
    c.equal("activities", e.sfn.list_activities()["activities"], [])
    c.equal("map runs", e.sfn.list_map_runs(executionArn=execution)["mapRuns"], [])


def check_tokens(c, e):
    arn = e.create("callback", CALLBACK)
    execution = e.start(arn)
    token = e.token(execution)
    c.equal("heartbeat", e.sfn.send_task_heartbeat(taskToken=token)["ResponseMetadata"]["HTTPStatusCode"], 200)
    c.refused("output that is not JSON", "InvalidOutput", None, e.sfn.send_task_success, taskToken=token, output="{")
    e.sfn.send_task_success(taskToken=token, output='{"carrier":"post"}')
    d = e.ended(execution)
    c.equal("the output is the task's", (d["status"], json.loads(d["output"])), ("SUCCEEDED", {"carrier": "post"}))
    gone = "Task Timed Out: 'Provided task does not exist anymore'"
    c.refused("success of a used token", "TaskTimedOut", gone, e.sfn.send_task_success, taskToken=token, output="{}")
    c.refused("failure of a used token", "TaskTimedOut", gone, e.sfn.send_task_failure, taskToken=token)
    c.refused("heartbeat of a used token", "TaskTimedOut", gone, e.sfn.send_task_heartbeat, taskToken=token)

    execution = e.start(arn)
    e.sfn.send_task_failure(taskToken=e.token(execution), error="Lost", cause="at sea")
    d = e.ended(execution)
    c.equal("failure", (d["status"], d["error"], d["cause"]), ("FAILED", "Lost", "at sea"))
    e.sfn.redrive_execution(executionArn=execution)
    fresh = e.token(execution, 2)
    c.that("a redrive gives a fresh token", fresh != e.token(execution, 1), fresh)
    e.sfn.send_task_success(taskToken=fresh, output="1")
    c.equal("redriven callback", e.ended(execution)["output"], "1")

    execution = e.start(arn)
    token = e.token(execution)
    e.sfn.stop_execution(executionArn=execution)
    c.refused("the token of a stopped execution", "TaskTimedOut", gone, e.sfn.send_task_success, taskToken=token, output="{}")

    impatient = json.loads(CALLBACK)
    impatient["States"]["Ask"]["HeartbeatSeconds"] = 1
    execution = e.start(e.create("impatient", json.dumps(impatient)))
    e.ended(execution)
    silent = [x["taskTimedOutEventDetails"]["error"] for x in e.events(execution) if x["type"] == "TaskTimedOut"]
    c.equal("no heartbeat", silent, ["States.Timeout"])


def check_refusals(c, e):
    s, nothing, missing = e.sfn, PREFIX + "stateMachine:nothing", PREFIX + "execution:nothing:x"
    arn = e.create("refusing", WAITING)
    no_machine, no_execution = f"State Machine Does Not Exist: '{nothing}'", f"Execution Does Not Exist: '{missing}'"
    for call in (s.describe_state_machine, s.start_execution, s.list_executions):
        c.refused(f"{call.__name__} of nothing", "StateMachineDoesNotExist", no_machine, call, stateMachineArn=nothing)
    for call in (s.describe_execution, s.get_execution_history, s.stop_execution, s.redrive_execution,
                 s.describe_state_machine_for_execution):
        c.refused(f"{call.__name__} of nothing", "ExecutionDoesNotExist", no_execution, call, executionArn=missing)
    c.refused("no ARN", "InvalidArn", "Invalid Arn: 'Invalid ARN prefix: oops'", s.describe_execution, executionArn="oops")
    c.refused("no ARN of a machine", "InvalidArn", "Invalid Arn: 'Invalid ARN prefix: oops'",
              s.start_execution, stateMachineArn="oops")
    c.refused("the ARN of another kind", "InvalidArn", None, s.describe_execution, executionArn=arn)
    for token in ("oops", "x" * 1024):
        for call, more in ((s.send_task_success, {"output": "{}"}), (s.send_task_failure, {}), (s.send_task_heartbeat, {})):
            c.refused(f"{call.__name__} of no token", "InvalidToken", "Invalid Token: 'Invalid token'",
                      call, taskToken=token, **more)
    for name in ("a b", "a/b", "a:b", "a*", "é\u0001"):
        c.refused(f"the execution name {name!r}", "InvalidName", f"Invalid Name: '{name}'",
                  s.start_execution, stateMachineArn=arn, name=name)
        c.refused(f"the machine name {name!r}", "InvalidName", f"Invalid Name: '{name}'",
                  s.create_state_machine, name=name, definition=WAITING, roleArn=ROLE)
    c.refused("a name of 81 characters", "ValidationException", None, s.start_execution, stateMachineArn=arn, name="n" * 81)
    c.refused("input that is not JSON", "InvalidExecutionInput", None, s.start_execution, stateMachineArn=arn, input="{oops")
    c.refused("an unknown page token", "InvalidToken", "Invalid Token: 'Invalid token'",
              s.list_executions, stateMachineArn=arn, nextToken="oops")
    c.refused("1,001 results", "ValidationException", None, s.list_executions, stateMachineArn=arn, maxResults=1001)
    c.refused("an unknown status", "ValidationException", None, s.list_executions, stateMachineArn=arn, statusFilter="OOPS")


def check_test_state(c, e):
    test = e.sfn.test_state
    adding = {"Type": "Pass", "Parameters": {"sum.$": "States.MathAdd($.a, 2)"}, "Next": "N"}
    got = test(definition=json.dumps(adding), input='{"a":1}')
    c.equal("a Pass", (got["status"], json.loads(got["output"]), got["nextState"]), ("SUCCEEDED", {"sum": 3}, "N"))
    task = json.dumps(invoke("double", ResultSelector={"Payload.$": "$.Payload"}))
    got = test(definition=task, roleArn=ROLE, input='{"n":3}')
    c.equal("a Task", (got["status"], json.loads(got["output"])), ("SUCCEEDED", {"n": 6}))
    got = test(definition=task, input='{"n":3}', inspectionLevel="DEBUG", mock={"result": '{"Payload":{"n":7},"StatusCode":200}'})
    c.equal("a mocked Task", (got["status"], json.loads(got["output"])), ("SUCCEEDED", {"n": 7}))
    c.equal("its parameters", json.loads(got["inspectionData"]["afterParameters"]),
            {"FunctionName": "double", "Payload": {"n": 3}})
    retrying = json.dumps(invoke("double", Retry=[{"ErrorEquals": ["Busy"], "IntervalSeconds": 2, "BackoffRate": 3}]))
    got = test(definition=retrying, mock={"errorOutput": {"error": "Busy", "cause": "c"}},
               stateConfiguration={"retrierRetryCount": 1}, inspectionLevel="DEBUG")
    c.equal("a retry", (got["status"], got["error"], got["inspectionData"]["errorDetails"]),
            ("RETRIABLE", "Busy", {"retryIndex": 0, "retryBackoffIntervalSeconds": 6}))
    got = test(definition=json.dumps({"Type": "Fail", "Error": "E", "Cause": "c"}))
    c.equal("a Fail", (got["status"], got["error"], got["cause"]), ("FAILED", "E", "c"))
    c.refused("a broken state", "InvalidDefinition", None, test, definition='{"Type":"Nap"}', roleArn=ROLE)


class CommandLine:
    def __init__(self, endpoint):
        beside = os.path.join(os.path.dirname(sys.executable), "aws")
        program = beside if os.path.exists(beside) else "aws"
        self.command = [program, "--endpoint-url", endpoint, "--output", "json", "stepfunctions"]

    def run(self, *arguments):
        env = {**os.environ, **CREDENTIALS, "AWS_DISABLE_HOST_PREFIX_INJECTION": "true"}
        return subprocess.run(self.command + list(arguments), env=env, capture_output=True, text=True, timeout=60)

    def __call__(self, *arguments):
        done = self.run(*arguments)
        if done.returncode != 0:
            raise RuntimeError(f"aws {' '.join(arguments)}: {done.stderr}")
        return json.loads(done.stdout) if done.stdout.strip() else {}


def check_command_line(c, e, aws):
    arn = aws("create-state-machine", "--name", "cli", "--role-arn", ROLE, "--definition", CALLBACK)["stateMachineArn"]
    execution = aws("start-execution", "--state-machine-arn", arn, "--name", "one", "--input", '{"a": 1}')["executionArn"]
    d = aws("describe-execution", "--execution-arn", execution)
    c.equal("aws describe-execution", (d["status"], d["input"]), ("RUNNING", '{"a": 1}'))
    aws("send-task-failure", "--task-token", e.token(execution), "--error", "Lost")
    e.ended(execution)
    aws("redrive-execution", "--execution-arn", execution)
    aws("send-task-success", "--task-token", e.token(execution, 2), "--task-output", '"done"')
    c.equal("aws send-task-success", e.ended(execution)["output"], '"done"')
    history = aws("get-execution-history", "--execution-arn", execution, "--max-items", "2", "--reverse-order")
    c.equal("aws get-execution-history", [x["type"] for x in history["events"]], ["ExecutionSucceeded", "TaskStateExited"])
    second = aws("start-execution", "--state-machine-arn", arn, "--name", "two")["executionArn"]
    aws("stop-execution", "--execution-arn", second, "--error", "Enough")
    listed = aws("list-executions", "--state-machine-arn", arn, "--page-size", "1")
    c.equal("aws list-executions", [(x["name"], x["status"]) for x in listed["executions"]],
            [("two", "ABORTED"), ("one", "SUCCEEDED")])
    tested = aws("test-state", "--definition", '{"Type":"Succeed"}', "--input", '{"a":1}')
    c.equal("aws test-state", (tested["status"], tested["output"]), ("SUCCEEDED", '{"a":1}'))
    refused = aws.run("describe-execution", "--execution-arn", PREFIX + "execution:cli:missing")
    c.that("aws describe-execution of nothing", refused.returncode != 0 and refused.stderr.strip().endswith(
        "An error occurred (ExecutionDoesNotExist) when calling the DescribeExecution operation: "
        f"Execution Does Not Exist: '{PREFIX}execution:cli:missing'"), refused.stderr)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--endpoint", required=True)
    endpoint = parser.parse_args().endpoint
    c, e = Checks(), Engine(endpoint)
    checks = [check_machines, check_tags, check_validation, check_executions, check_history, check_redrive,
              check_retry, check_children,
              check_listings_of_none, check_tokens, check_refusals, check_test_state,
              lambda c, e: check_command_line(c, e, CommandLine(endpoint))]
    for check in checks:
        try:
            check(c, e)
        except Exception:  # an exception is a failed check; the others still run
            c.that(check.__name__, False, traceback.format_exc())
    print(f"{c.passed} passed, {c.failed} failed")
    return 1 if c.failed else 0


if __name__ == "__main__":
    sys.exit(main())
