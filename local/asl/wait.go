package asl

import (
	"strings"
	"time"

	"github.com/orderflow-dev/orderflow/local/asl/jsonpath"
	"github.com/orderflow-dev/orderflow/local/asl/value"
)

var waitType = stateType{
	name: "Wait",
	schema: &schema{
		fields: of(common, transition, inputOutput, assigning, fields{
			"Seconds":       {is: wholeIn(0, maxSeconds)},
			"SecondsPath":   {jsonPath, isReference},
			"Timestamp":     {is: isTimestamp},
			"TimestampPath": {jsonPath, isReference},
		}),
		oneOf: [][]string{nextOrEnd, {"Seconds", "SecondsPath", "Timestamp", "TimestampPath"}},
	},
	newBody: func() body { return &waitState{} },
	entered: EventWaitStateEntered, exited: EventWaitStateExited, aborted: EventWaitStateAborted,
}

// waitState waits for a time. One of its fields is set.
type waitState struct {
	seconds       int64
	hasSeconds    bool
	timestamp     time.Time
	secondsPath   *jsonpath.Path
	timestampPath *jsonpath.Path
}

func (s *waitState) read(r *stateReader) {
	n := r.n
	s.hasSeconds, s.seconds = n.has("Seconds"), n.integer("Seconds", 0)
	s.secondsPath, s.timestampPath = n.path("SecondsPath"), n.path("TimestampPath")
	if v, ok := n.get("Timestamp"); ok {
		s.timestamp, _ = parseTimestamp(v)
	}
}

func (s *waitState) run(x *Execution, b *branch) *fault {
	if !b.deadline.IsZero() { // redriven: the time that was set before still counts
		return x.waitUntil(b, b.deadline)
	}
	input, f := x.effective(b)
	if f != nil {
		return f
	}
	e := x.env(b, input)
	until := s.timestamp
	switch {
	case s.hasSeconds:
		until = b.enteredAt.Add(seconds(s.seconds))
	case s.secondsPath != nil:
		n, f := longAt(e, "SecondsPath", s.secondsPath)
		if f != nil {
			return f
		}
		until = b.enteredAt.Add(seconds(n))
	case s.timestampPath != nil:
		v, f := e.parameter("TimestampPath", s.timestampPath)
		if f != nil {
			return f
		}
		var ok bool
		if until, ok = parseTimestamp(v); !ok {
			return runtimeFault("The TimestampPath parameter does not reference a valid ISO-8601 extended "+
				"offset date-time format string: %s == %s", s.timestampPath, v.Text())
		}
	}
	return x.waitUntil(b, until)
}

// waitUntil leaves the state at once if the time has come, otherwise when the timer fires.
func (x *Execution) waitUntil(b *branch, until time.Time) *fault {
	b.deadline = until
	if !x.now.Before(until) {
		return b.state.body.(*waitState).leave(x, b)
	}
	x.suspend(b, waitTimer)
	x.command(b.timers()[0])
	return nil
}

func (s *waitState) leave(x *Execution, b *branch) *fault {
	input, f := x.effective(b)
	if f != nil {
		return f
	}
	return x.pass(b, input, b.state.assign, b.state.next)
}

// parameter evaluates the path of a field such as SecondsPath.
func (e *env) parameter(field string, p *jsonpath.Path) (value.JSON, *fault) {
	v, _, err := e.find(p)
	if err != nil {
		return "", runtimeFault("The %s parameter does not reference an input value: %s", field, p)
	}
	return v, nil
}

// longAt reads the number of seconds at a path.
func longAt(e *env, field string, p *jsonpath.Path) (int64, *fault) {
	v, f := e.parameter(field, p)
	if f != nil {
		return 0, f
	}
	n, ok := v.Int()
	switch {
	case !ok:
		return 0, runtimeFault("The %s parameter cannot be parsed as a long value: %s == %s", field, p, v.Text())
	case n < 0:
		return 0, runtimeFault("The %s parameter references a negative value: %s == %s", field, p, v.Text())
	case n > maxSeconds: // the documented maximum; AWS's own text is not known
		return 0,
			runtimeFault("The %s parameter references a value above the maximum of %d: %s == %s", field, maxSeconds,
				p, v.Text())
	}
	return n, nil
}

// parseTimestamp reads an RFC 3339 time with an upper-case T, and Z or an offset.
func parseTimestamp(v value.JSON) (time.Time, bool) {
	if v.Kind() != value.String {
		return time.Time{}, false
	}
	text := v.Text()
	if strings.Contains(text, ",") { // time.Parse would accept it as a decimal point
		return time.Time{}, false
	}
	t, err := time.Parse(time.RFC3339, text)
	return t.UTC(), err == nil
}
