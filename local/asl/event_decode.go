package asl

import (
	"fmt"
	"time"
)

// DecodeEvents decodes batches that AppendEvents wrote, and appends their events to events. The
// texts of the events share one copy of data.
func DecodeEvents(events []Event, data []byte) ([]Event, error) {
	r := reader{s: string(data)}
	for r.i < len(r.s) && r.err == nil {
		events = r.batch(events)
	}
	return events, r.err
}

type reader struct {
	s    string
	i    int
	last string
	err  error
}

func (r *reader) batch(events []Event) []Event {
	if v := r.byte(); v != encodingVersion {
		r.fail("version %d", v)
		return events
	}
	n := r.number()
	if n == 0 {
		return events
	}
	at := time.UnixMilli(r.signed()).UTC()
	id := int64(r.number())
	r.last = ""
	for i := int64(0); uint64(i) < n && r.err == nil; i++ {
		if e := r.event(id+i, at); r.err == nil {
			events = append(events, e)
		}
	}
	return events
}

func (r *reader) event(id int64, at time.Time) Event {
	e := Event{Type: EventType(r.byte())}
	if e.Type == 0 || e.Type >= eventTypes {
		r.fail("event type %d", e.Type)
		return e
	}
	mask := int(r.number())
	e.ID = id + r.signed()
	e.PreviousID = e.ID - r.signed()
	e.Time = at.Add(time.Duration(r.signed()) * time.Millisecond)
	e.Name = r.text(mask & hasName)
	e.Input = r.shared(mask&hasInput, mask&sameInput)
	e.Output = r.shared(mask&hasOutput, mask&sameOutput)
	e.Error = r.optional(mask & hasError)
	e.Cause = r.optional(mask & hasCause)
	e.Resource = r.text(mask & hasResource)
	e.ResourceType = r.text(mask & hasResourceType)
	e.Region = r.text(mask & hasRegion)
	e.Parameters = r.shared(mask&hasParameters, mask&sameParameters)
	e.Timeout = r.integer(mask & hasTimeout)
	e.Heartbeat = r.integer(mask & hasHeartbeat)
	e.Credentials = r.text(mask & hasCredentials)
	e.RoleARN = r.text(mask & hasRoleARN)
	e.AliasARN = r.text(mask & hasAliasARN)
	e.VersionARN = r.text(mask & hasVersionARN)
	e.Length = int(r.integer(mask & hasLength))
	e.Index = int(r.integer(mask & hasIndex))
	e.RedriveCount = int(r.integer(mask & hasRedriveCount))
	if mask&hasVariables != 0 {
		e.Variables = r.variables()
	}
	e.Task = TaskID(r.integer(mask & hasTask))
	e.HeartbeatExpired = mask&heartbeatExpired != 0
	return e
}

func (r *reader) variables() []Variable {
	out := []Variable{}
	for n := r.number(); n > 0 && r.err == nil; n-- {
		out = append(out, Variable{r.text(1), r.text(1)})
	}
	return out
}

func (r *reader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf("%w: "+format+" at byte %d", append(append([]any{ErrCorrupt}, args...), r.i)...)
	}
}

func (r *reader) byte() byte {
	if r.i >= len(r.s) {
		r.fail("unexpected end")
		return 0
	}
	r.i++
	return r.s[r.i-1]
}

func (r *reader) number() uint64 {
	var n uint64
	for shift := 0; shift < 64; shift += 7 {
		b := r.byte()
		n |= uint64(b&0x7f) << shift
		if b < 0x80 {
			return n
		}
	}
	r.fail("number too long")
	return 0
}

func (r *reader) signed() int64 {
	n := r.number()
	return int64(n>>1) ^ -int64(n&1)
}

func (r *reader) integer(has int) int64 {
	if has == 0 {
		return 0
	}
	return r.signed()
}

func (r *reader) text(has int) string {
	if has == 0 {
		return ""
	}
	n := r.number()
	if n > uint64(len(r.s)-r.i) {
		r.fail("text of %d bytes", n)
		return ""
	}
	r.i += int(n)
	return r.s[r.i-int(n) : r.i]
}

func (r *reader) optional(has int) *string {
	if has == 0 {
		return nil
	}
	s := r.text(1)
	return &s
}

// shared reads a text, or a reference to the text before it.
func (r *reader) shared(has, same int) string {
	if has != 0 {
		r.last = r.text(1)
	} else if same == 0 {
		return ""
	}
	return r.last
}
