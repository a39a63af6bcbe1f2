package asl

import (
	"strings"

	"orderflow/local/asl/value"
)

func (r *stateReader) task() body {
	n := r.n
	t := &taskState{}
	if !n.has("Resource") {
		r.p.fail(n.loc, "These fields are required: [Resource]")
	}
	if text, ok := n.text("Resource"); ok {
		r.resource(t, text)
	}
	if v, ok := n.of("Credentials", value.Object, "Object"); ok {
		c := r.p.node(n.at("Credentials"), v)
		if !c.has("RoleArn") && !c.has("RoleArn.$") {
			r.p.fail(c.loc, "The field 'RoleArn' is required but was missing")
		}
		if !r.jsonata {
			t.credentials = r.p.template(c.loc, v)
		}
	}
	if r.jsonata {
		return t
	}
	t.timeout = n.positive("TimeoutSeconds")
	t.timeoutPath = n.referencePath("TimeoutSecondsPath")
	t.heartbeat = n.positive("HeartbeatSeconds")
	t.heartbeatPath = n.referencePath("HeartbeatSecondsPath")
	for _, field := range [...]string{"TimeoutSeconds", "HeartbeatSeconds"} {
		if n.has(field) && n.has(field+"Path") {
			r.p.fail(n.loc, "Only one of these fields is allowed: [%s, %sPath]", field, field)
		}
	}
	if t.timeout > 0 && t.heartbeat > 0 && t.heartbeat >= t.timeout {
		r.p.fail(n.at("HeartbeatSeconds"), "HeartbeatSeconds must be smaller than TimeoutSeconds")
	}
	return t
}

// resource reads and judges the ARN of what the task calls.
func (r *stateReader) resource(t *taskState, text string) {
	at := r.n.at("Resource")
	res, ok := parseResource(text)
	t.resource, t.shown = res, res.action
	switch {
	case !ok:
		r.p.fail(at, "The resource provided %s is not recognized. The value is not a valid resource ARN, or the resource is not available in this region.", text)
		return
	case res.kind == activityKind:
		r.p.unsupported(at, "activities are not supported by this engine; use a task token")
		return
	case r.p.opt.Express && res.pattern != RequestResponse:
		// The space at the end is AWS's.
		r.p.fail(at, "Express state machine does not support '.%s' service integration ", res.pattern)
		return
	}
	switch res.pattern {
	case RequestResponse:
	case WaitForTaskToken:
		t.shown += "." + WaitForTaskToken
	default:
		r.p.unsupported(at, "the pattern .%s is not supported by this engine; use .waitForTaskToken", res.pattern)
		return
	}
	if !r.p.opt.AnyIntegration && !res.performed() {
		kind := "optimized"
		if strings.HasPrefix(res.kind, "aws-sdk:") {
			kind = "SDK"
		}
		r.p.unsupported(at, "the %s integration %s:%s is not supported by this engine", kind, res.kind, t.shown)
	}
}
