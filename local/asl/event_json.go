package asl

import (
	"strconv"

	"github.com/orderflow-dev/orderflow/local/asl/value"
)

// JSONOptions select how AppendJSON shows an event.
type JSONOptions struct {
	// Timestamp is the JSON text for "timestamp", usually seconds since the epoch with three
	// decimals. If it is empty, the key is left out.
	Timestamp string
	// WithoutData leaves out inputs, outputs and similar data (includeExecutionData: false of
	// GetExecutionHistory).
	WithoutData bool
}

// AppendJSON appends the event as GetExecutionHistory shows it.
func (e *Event) AppendJSON(dst []byte, opt JSONOptions) []byte {
	dst = append(dst, '{')
	if opt.Timestamp != "" {
		dst = append(append(append(dst, `"timestamp":`...), opt.Timestamp...), ',')
	}
	dst = append(append(append(dst, `"type":"`...), e.Type.String()...), `","id":`...)
	dst = strconv.AppendInt(dst, e.ID, 10)
	dst = append(dst, `,"previousEventId":`...)
	dst = strconv.AppendInt(dst, e.PreviousID, 10)
	if kind := &eventKinds[e.Type]; kind.key != "" {
		dst = append(append(append(dst, `,"`...), kind.key...), `":{`...)
		d := details{dst: dst, withoutData: opt.WithoutData}
		d.event(e, kind.layout)
		dst = append(d.dst, '}')
	}
	return append(dst, '}')
}

// details writes the members of a details object.
type details struct {
	dst         []byte
	withoutData bool
}

func (d *details) event(e *Event, l layout) {
	switch l {
	case layoutStarted:
		d.data("input", "inputDetails", e.Input)
		d.text("roleArn", e.RoleARN)
		d.text("stateMachineAliasArn", e.AliasARN)
		d.text("stateMachineVersionArn", e.VersionARN)
	case layoutOutput:
		d.data("output", "outputDetails", e.Output)
	case layoutError:
		d.failure(e)
	case layoutRedriven:
		d.number("redriveCount", int64(e.RedriveCount))
	case layoutEntered:
		d.text("name", e.Name)
		d.data("input", "inputDetails", e.Input)
	case layoutExited:
		d.text("name", e.Name)
		d.data("output", "outputDetails", e.Output)
		d.variables(e.Variables)
	case layoutScheduled:
		d.resource(e)
		d.text("region", e.Region)
		if !d.withoutData {
			d.text("parameters", e.Parameters)
		}
		d.limits(e)
	case layoutResource:
		d.resource(e)
	case layoutResourceOutput:
		d.resource(e)
		d.data("output", "outputDetails", e.Output)
	case layoutResourceError:
		d.resource(e)
		d.failure(e)
	case layoutLambdaScheduled:
		d.text("resource", e.Resource)
		d.data("input", "inputDetails", e.Input)
		d.limits(e)
	case layoutLength:
		d.number("length", int64(e.Length))
	case layoutIteration:
		d.text("name", e.Name)
		d.number("index", int64(e.Index))
	}
}

func (d *details) key(name string) {
	if d.dst[len(d.dst)-1] != '{' {
		d.dst = append(d.dst, ',')
	}
	d.dst = append(append(append(d.dst, '"'), name...), `":`...)
}

func (d *details) text(name, s string) {
	if s != "" {
		d.key(name)
		d.dst = value.AppendString(d.dst, s)
	}
}

func (d *details) number(name string, n int64) {
	d.key(name)
	d.dst = strconv.AppendInt(d.dst, n, 10)
}

func (d *details) data(name, detailsName, s string) {
	if d.withoutData {
		return
	}
	d.text(name, s)
	d.key(detailsName)
	d.dst = append(d.dst, `{"truncated":false}`...)
}

func (d *details) resource(e *Event) {
	d.text("resourceType", e.ResourceType)
	d.text("resource", e.Resource)
}

func (d *details) failure(e *Event) {
	if d.withoutData {
		return
	}
	if e.Error != nil {
		d.key("error")
		d.dst = value.AppendString(d.dst, *e.Error)
	}
	if e.Cause != nil {
		d.key("cause")
		d.dst = value.AppendString(d.dst, *e.Cause)
	}
}

func (d *details) limits(e *Event) {
	if e.Timeout != 0 {
		d.number("timeoutInSeconds", e.Timeout)
	}
	if e.Heartbeat != 0 {
		d.number("heartbeatInSeconds", e.Heartbeat)
	}
	if e.Credentials != "" {
		if role, ok := value.JSON(e.Credentials).Member("RoleArn"); ok {
			d.key("taskCredentials")
			d.dst = append(append(append(d.dst, `{"roleArn":`...), role...), '}')
		}
	}
}

func (d *details) variables(vars []Variable) {
	if d.withoutData || vars == nil {
		return
	}
	d.key("assignedVariables")
	d.dst = append(d.dst, '{')
	for i, v := range vars {
		if i > 0 {
			d.dst = append(d.dst, ',')
		}
		d.dst = append(value.AppendString(d.dst, v.Name), ':')
		d.dst = value.AppendString(d.dst, v.Value)
	}
	d.dst = append(d.dst, '}')
	d.key("assignedVariablesDetails")
	d.dst = append(d.dst, `{"truncated":false}`...)
}
