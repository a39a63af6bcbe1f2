package asl

import (
	"encoding/binary"
	"errors"
	"time"
)

// encodingVersion stands at the start of every batch.
const encodingVersion = 1

// Bits of the mask that records which fields follow, in this order.
const (
	hasName = 1 << iota
	hasInput
	hasOutput
	hasError
	hasCause
	hasResource
	hasResourceType
	hasRegion
	hasParameters
	hasTimeout
	hasHeartbeat
	hasCredentials
	hasRoleARN
	hasAliasARN
	hasVersionARN
	hasLength
	hasIndex
	hasRedriveCount
	hasVariables
	hasTask
	heartbeatExpired
	// The text is the same as the text written before it in the batch: a state's output is the next
	// state's input.
	sameInput
	sameOutput
	sameParameters
)

// ErrCorrupt is returned for bytes of a journal that are not a batch of events.
var ErrCorrupt = errors.New("corrupt journal entry")

// AppendEvents appends the journal form of one Step's events: a version byte, the number of events,
// and the events in a compact encoding. DecodeEvents reads it; several batches may follow each
// other. The events of one batch have the time of the first.
func AppendEvents(dst []byte, events []Event) []byte {
	dst = append(dst, encodingVersion)
	dst = binary.AppendUvarint(dst, uint64(len(events)))
	if len(events) == 0 {
		return dst
	}
	dst = binary.AppendVarint(dst, events[0].Time.UnixMilli())
	dst = binary.AppendUvarint(dst, uint64(events[0].ID))
	w := writer{dst: dst}
	for i := range events {
		w.event(&events[i], events[0].ID+int64(i), events[0].Time)
	}
	return w.dst
}

type writer struct {
	dst  []byte
	last string // the text written last
}

func (w *writer) event(e *Event, id int64, at time.Time) {
	mask := e.mask()
	inputSame := e.Input != "" && e.Input == w.last
	if inputSame {
		mask = mask&^hasInput | sameInput
	}
	if e.Input != "" {
		w.last = e.Input
	}
	if e.Output != "" {
		if e.Output == w.last {
			mask = mask&^hasOutput | sameOutput
		}
		w.last = e.Output
	}
	if e.Parameters != "" {
		if e.Parameters == w.last {
			mask = mask&^hasParameters | sameParameters
		}
		w.last = e.Parameters
	}
	w.dst = append(w.dst, byte(e.Type))
	w.number(uint64(mask))
	w.signed(e.ID - id)
	w.signed(e.ID - e.PreviousID)
	w.signed(e.Time.Sub(at).Milliseconds())
	w.fields(e, mask)
}

func (e *Event) mask() int {
	mask := 0
	set := func(bit int, is bool) {
		if is {
			mask |= bit
		}
	}
	set(hasName, e.Name != "")
	set(hasInput, e.Input != "")
	set(hasOutput, e.Output != "")
	set(hasError, e.Error != nil)
	set(hasCause, e.Cause != nil)
	set(hasResource, e.Resource != "")
	set(hasResourceType, e.ResourceType != "")
	set(hasRegion, e.Region != "")
	set(hasParameters, e.Parameters != "")
	set(hasTimeout, e.Timeout != 0)
	set(hasHeartbeat, e.Heartbeat != 0)
	set(hasCredentials, e.Credentials != "")
	set(hasRoleARN, e.RoleARN != "")
	set(hasAliasARN, e.AliasARN != "")
	set(hasVersionARN, e.VersionARN != "")
	set(hasLength, e.Length != 0)
	set(hasIndex, e.Index != 0)
	set(hasRedriveCount, e.RedriveCount != 0)
	set(hasVariables, e.Variables != nil)
	set(hasTask, e.Task != 0)
	set(heartbeatExpired, e.HeartbeatExpired)
	return mask
}

func (w *writer) fields(e *Event, mask int) {
	w.text(mask&hasName, e.Name)
	w.text(mask&hasInput, e.Input)
	w.text(mask&hasOutput, e.Output)
	if e.Error != nil {
		w.text(1, *e.Error)
	}
	if e.Cause != nil {
		w.text(1, *e.Cause)
	}
	w.text(mask&hasResource, e.Resource)
	w.text(mask&hasResourceType, e.ResourceType)
	w.text(mask&hasRegion, e.Region)
	w.text(mask&hasParameters, e.Parameters)
	for _, n := range [...]struct {
		bit int
		n   int64
	}{{hasTimeout, e.Timeout}, {hasHeartbeat, e.Heartbeat}} {
		if mask&n.bit != 0 {
			w.signed(n.n)
		}
	}
	w.text(mask&hasCredentials, e.Credentials)
	w.text(mask&hasRoleARN, e.RoleARN)
	w.text(mask&hasAliasARN, e.AliasARN)
	w.text(mask&hasVersionARN, e.VersionARN)
	for _, n := range [...]struct {
		bit, n int
	}{{hasLength, e.Length}, {hasIndex, e.Index}, {hasRedriveCount, e.RedriveCount}} {
		if mask&n.bit != 0 {
			w.signed(int64(n.n))
		}
	}
	if mask&hasVariables != 0 {
		w.number(uint64(len(e.Variables)))
		for _, v := range e.Variables {
			w.text(1, v.Name)
			w.text(1, v.Value)
		}
	}
	if mask&hasTask != 0 {
		w.signed(int64(e.Task))
	}
}

func (w *writer) number(n uint64) { w.dst = binary.AppendUvarint(w.dst, n) }
func (w *writer) signed(n int64)  { w.dst = binary.AppendVarint(w.dst, n) }

func (w *writer) text(has int, s string) {
	if has != 0 {
		w.dst = append(binary.AppendUvarint(w.dst, uint64(len(s))), s...)
	}
}
