package asl

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"regexp"
	"strings"

	"github.com/orderflow-dev/orderflow/local/asl/jsonpath"
)

var taskType = stateType{
	name: "Task",
	schema: &schema{
		fields: of(working, parameters, arguments, fields{
			"Resource": {is: isText}, "Credentials": {is: isObject},
			"TimeoutSeconds": {is: seconds1}, "TimeoutSecondsPath": {jsonPath, isReference},
			"HeartbeatSeconds": {is: seconds1}, "HeartbeatSecondsPath": {jsonPath, isReference},
		}),
		must:   []string{"Resource"},
		oneOf:  [][]string{nextOrEnd},
		single: [][]string{{"TimeoutSeconds", "TimeoutSecondsPath"}, {"HeartbeatSeconds", "HeartbeatSecondsPath"}},
	},
	newBody: func() body { return &taskState{} },
	entered: EventTaskStateEntered, exited: EventTaskStateExited, aborted: EventTaskStateAborted,
}

// taskState asks the host to perform a task.
type taskState struct {
	resource      resource
	shown         string // the resource as events show it: with the pattern
	credentials   *template
	timeout       int64 // seconds, 0: none
	timeoutPath   *jsonpath.Path
	heartbeat     int64
	heartbeatPath *jsonpath.Path
}

func (t *taskState) token() bool { return t.resource.pattern == WaitForTaskToken }

// submits reports whether the task continues after the service has accepted the request.
func (t *taskState) submits() bool { return t.resource.pattern != RequestResponse }

func (t *taskState) read(r *stateReader) {
	n := r.n
	if text, ok := n.text("Resource"); ok {
		t.readResource(r, text)
	}
	t.readCredentials(r)
	if r.jsonata {
		return
	}
	t.checkParameters(r)
	t.timeout = n.integer("TimeoutSeconds", 0)
	t.timeoutPath = n.path("TimeoutSecondsPath")
	t.heartbeat = n.integer("HeartbeatSeconds", 0)
	t.heartbeatPath = n.path("HeartbeatSecondsPath")
	if t.timeout > 0 && t.heartbeat > 0 && t.heartbeat >= t.timeout {
		r.p.fail(n.at("HeartbeatSeconds"), "HeartbeatSeconds must be smaller than TimeoutSeconds")
	}
}

func (t *taskState) readCredentials(r *stateReader) {
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

// substitution matches a placeholder that a deployment replaces by a value.
var substitution = regexp.MustCompile(`\$\{\w+\}`)

// readResource parses and checks the ARN of the resource that the task calls.
func (t *taskState) readResource(r *stateReader, text string) {
	if r.p.opt.Template && substitution.MatchString(text) {
		return
	}
	at := r.n.at("Resource")
	res, ok := parseResource(text)
	t.resource, t.shown = res, res.action
	switch {
	case !ok:
		r.p.fail(at,
			"The resource provided %s is not recognized. The value is not a valid resource ARN, "+
				"or the resource is not available in this region.", text)
		return
	case res.kind == activityKind:
		r.p.unperformed(at, "activities are not supported by this engine; use a task token")
		return
	case r.p.opt.Express && res.pattern != RequestResponse:
		// AWS's text has the space at the end.
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

func (t *taskState) run(x *Execution, b *branch) *fault {
	e := x.env(b, b.input)
	input, f := e.field(b.state.inputPath)
	if f != nil {
		return f
	}
	x.see(func(i *Inspection) { i.AfterInputPath = string(input) })
	id := x.count + 1 // the id of the scheduling event
	e.input = input
	if t.token() {
		e.token = x.token(id)
	}
	c := ScheduleTask{
		Task: TaskID(id), StateName: b.state.name, ResourceType: t.resource.kind, Action: t.resource.action,
		Pattern: t.resource.pattern, Token: e.token,
	}
	if f = t.evaluate(e, b, &c); f != nil {
		return f
	}
	x.schedule(b, t, c)
	return nil
}

// evaluate computes the expressions of the definition: parameters, credentials, limits.
func (t *taskState) evaluate(e *env, b *branch, c *ScheduleTask) (f *fault) {
	parameters := e.input
	if b.state.parameters != nil {
		if parameters, f = b.state.parameters.eval(e); f != nil {
			return f
		}
	}
	if len(parameters) > MaxPayload {
		return tooLarge(b.state.name)
	}
	c.Parameters = string(parameters)
	e.x.see(func(i *Inspection) { i.AfterParameters = c.Parameters })
	if t.credentials != nil {
		v, f := t.credentials.eval(e)
		if f != nil {
			return f
		}
		c.Credentials = string(v)
	}
	if c.TimeoutSeconds, f = positiveAt(e, "TimeoutSecondsPath", t.timeoutPath, t.timeout); f != nil {
		return f
	}
	c.HeartbeatSeconds, f = positiveAt(e, "HeartbeatSecondsPath", t.heartbeatPath, t.heartbeat)
	return f
}

// positiveAt returns the fixed number of seconds, or the number at the path.
func positiveAt(e *env, field string, p *jsonpath.Path, fixed int64) (int64, *fault) {
	if p == nil {
		return fixed, nil
	}
	n, f := longAt(e, field, p)
	if f == nil && n == 0 {
		f = runtimeFault("The %s parameter must be positive: %s == 0", field, p)
	}
	return n, f
}

// schedule records the task, and asks the host to start it.
func (x *Execution) schedule(b *branch, t *taskState, c ScheduleTask) {
	if t.resource.kind == LambdaFunction {
		x.record(b, Event{
			Type: EventLambdaFunctionScheduled, Resource: t.resource.action, Input: c.Parameters,
			Timeout: c.TimeoutSeconds, Credentials: c.Credentials,
		})
		x.record(b, Event{Type: EventLambdaFunctionStarted})
	} else {
		x.record(b, Event{
			Type: EventTaskScheduled, ResourceType: t.resource.kind, Resource: t.shown, Region: x.info.Region,
			Parameters:  c.Parameters,
			Timeout:     c.TimeoutSeconds,
			Heartbeat:   c.HeartbeatSeconds,
			Credentials: c.Credentials,
		})
		x.record(b, Event{Type: EventTaskStarted, ResourceType: t.resource.kind, Resource: t.shown})
	}
	b.task = &task{id: c.Task, command: c}
	if c.TimeoutSeconds > 0 {
		b.task.timeoutAt = x.now.Add(seconds(c.TimeoutSeconds))
	}
	if c.HeartbeatSeconds > 0 && !t.token() {
		b.task.heartbeatAt = x.now.Add(seconds(c.HeartbeatSeconds))
	}
	x.suspend(b, waitTask)
	x.command(c)
	for _, timer := range b.timers() {
		x.command(timer)
	}
}

// token returns the token of the task that the event schedules. It does not begin with "-", which
// command lines take for an option.
func (x *Execution) token(event int64) string {
	h := sha256.New()
	var n [16]byte
	binary.BigEndian.PutUint64(n[:8], x.info.Seed)
	binary.BigEndian.PutUint64(n[8:], uint64(event))
	h.Write(n[:])
	h.Write([]byte(x.info.ExecutionARN))
	token := base64.RawURLEncoding.EncodeToString(h.Sum(nil))
	if rest, ok := strings.CutPrefix(token, "-"); ok {
		token = "A" + rest
	}
	return token
}
