package asl

import (
	"regexp"
	"strings"
)

func (r *stateReader) task() body {
	n := r.n
	t := &taskState{}
	if text, ok := n.text("Resource"); ok {
		r.resource(t, text)
	}
	r.credentials(t)
	if r.jsonata {
		return t
	}
	t.timeout = n.integer("TimeoutSeconds", 0)
	t.timeoutPath = n.path("TimeoutSecondsPath")
	t.heartbeat = n.integer("HeartbeatSeconds", 0)
	t.heartbeatPath = n.path("HeartbeatSecondsPath")
	if t.timeout > 0 && t.heartbeat > 0 && t.heartbeat >= t.timeout {
		r.p.fail(n.at("HeartbeatSeconds"), "HeartbeatSeconds must be smaller than TimeoutSeconds")
	}
	return t
}

func (r *stateReader) credentials(t *taskState) {
	c, ok := r.n.object("Credentials")
	if !ok {
		return
	}
	if !c.has("RoleArn") && !c.has("RoleArn.$") {
		r.p.fail(c.loc, "The field 'RoleArn' is required but was missing")
	}
	if !r.jsonata {
		t.credentials = r.n.template("Credentials")
	}
}

// substitution is what stands in a definition for a value that a deployment fills in.
var substitution = regexp.MustCompile(`\$\{\w+\}`)

// resource reads and judges the ARN of what the task calls.
func (r *stateReader) resource(t *taskState, text string) {
	if r.p.opt.Template && substitution.MatchString(text) {
		return
	}
	at := r.n.at("Resource")
	res, ok := parseResource(text)
	t.resource, t.shown = res, res.action
	switch {
	case !ok:
		r.p.fail(at, "The resource provided %s is not recognized. The value is not a valid resource ARN, or the resource is not available in this region.", text)
		return
	case res.kind == activityKind:
		r.p.unperformed(at, "activities are not supported by this engine; use a task token")
		return
	case r.p.opt.Express && res.pattern != RequestResponse:
		// The space at the end is AWS's.
		r.p.fail(at, "Express state machine does not support '.%s' service integration ", res.pattern)
		return
	}
	if res.pattern != RequestResponse {
		t.shown += "." + res.pattern
	}
	if !r.p.opt.AnyIntegration && !res.performed() {
		kind := "optimized"
		if strings.HasPrefix(res.kind, "aws-sdk:") {
			kind = "SDK"
		}
		r.p.unperformed(at, "the %s integration %s:%s is not supported by this engine", kind, res.kind, t.shown)
	}
}
