package asl

import (
	"strconv"
	"time"

	"github.com/orderflow-dev/orderflow/local/asl/value"
)

// timeLayout is the format of times in the context object.
const timeLayout = "2006-01-02T15:04:05.000Z"

func timestamp(t time.Time) string { return t.UTC().Format(timeLayout) }

// context returns the context object. If only is set, the result may hold just that member, for a
// path that reads no other.
func (e *env) context(only string) value.JSON {
	// In a test of one state, expressions see the context object that the test provides.
	if t := e.x.trial; t != nil && t.context != "" {
		return t.context
	}
	w := contextWriter{dst: []byte{'{'}}
	wants := func(key string) bool { return only == "" || only == key }
	if wants("Execution") {
		e.x.writeExecution(&w)
	}
	if wants("StateMachine") {
		w.open("StateMachine")
		w.text("Id", e.x.info.StateMachineARN)
		w.text("Name", e.x.info.StateMachineName)
		w.close()
	}
	if wants("State") && e.b.state != nil {
		w.open("State")
		w.text("Name", e.b.state.name)
		w.text("EnteredTime", timestamp(e.b.enteredAt))
		if e.b.state.kind.retries() {
			w.raw("RetryCount", value.OfInt(int64(e.b.retryCount)))
		}
		w.close()
	}
	if e.token != "" && wants("Task") {
		w.open("Task")
		w.text("Token", e.token)
		w.close()
	}
	if e.item != nil && wants("Map") {
		w.open("Map")
		w.open("Item")
		w.raw("Index", value.OfInt(int64(e.item.index)))
		w.raw("Value", e.item.value)
		w.close()
		w.close()
	}
	return value.JSON(append(w.dst, '}'))
}

func (x *Execution) writeExecution(w *contextWriter) {
	w.open("Execution")
	w.text("Id", x.info.ExecutionARN)
	w.raw("Input", x.input)
	w.text("StartTime", timestamp(x.startTime))
	w.text("Name", x.info.Name)
	w.text("RoleArn", x.info.RoleARN)
	w.raw("RedriveCount", value.JSON(strconv.Itoa(x.redrives)))
	if x.redrives > 0 {
		w.text("RedriveTime", timestamp(x.redriveTime))
	}
	w.close()
}

// contextWriter writes nested objects.
type contextWriter struct{ dst []byte }

func (w *contextWriter) key(name string) {
	if w.dst[len(w.dst)-1] != '{' {
		w.dst = append(w.dst, ',')
	}
	w.dst = append(value.AppendString(w.dst, name), ':')
}

func (w *contextWriter) open(name string) {
	w.key(name)
	w.dst = append(w.dst, '{')
}

func (w *contextWriter) close() { w.dst = append(w.dst, '}') }

func (w *contextWriter) text(name, s string) {
	w.key(name)
	w.dst = value.AppendString(w.dst, s)
}

func (w *contextWriter) raw(name string, v value.JSON) {
	w.key(name)
	w.dst = append(w.dst, v...)
}
