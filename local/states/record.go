package states

import (
	"encoding/binary"
	"errors"

	"github.com/orderflow-dev/orderflow/local/asl"
)

// execution is what the store keeps of an execution in addition to its journal. Input and output
// are only in the journal.
type execution struct {
	ID            uint64
	Machine       string
	Revision      uint64
	Name          string
	Status        asl.Status
	Seed          uint64
	Start, Stop   Millis
	Trace         string
	RedriveCount  int
	RedriveDate   Millis
	Redrivable    bool   // as the engine reported when the execution ended
	Reason        string // why not
	Error, Cause  *string
	RedriveTokens []redriveToken
	Steps         int64 // number of steps in the journal when the execution ended: its last event is in the last one
}

// redriveToken is a client token of RedriveExecution; Date is the redrive that it made.
type redriveToken struct {
	Token string
	Date  Millis
}

// Records are binary: a version, then the fields; integers are varints, texts are preceded by their
// length.
const recordVersion = 1

var errRecord = errors.New("malformed record")

// statusCodes are part of the encoding of records and of list keys.
var statusCodes = []asl.Status{asl.Running, asl.Succeeded, asl.Failed, asl.TimedOut, asl.Aborted}

func statusCode(s asl.Status) byte {
	for i, x := range statusCodes {
		if x == s {
			return byte(i)
		}
	}
	return 0xFF
}

func (e *execution) encode(b []byte) []byte {
	b = append(b, recordVersion, statusCode(e.Status))
	b = appendText(b, e.Machine)
	b = binary.AppendUvarint(b, e.Revision)
	b = appendText(b, e.Name)
	b = binary.AppendUvarint(b, e.Seed)
	b = binary.AppendVarint(b, int64(e.Start))
	b = binary.AppendVarint(b, int64(e.Stop))
	b = appendText(b, e.Trace)
	b = binary.AppendVarint(b, int64(e.RedriveCount))
	b = binary.AppendVarint(b, int64(e.RedriveDate))
	b = appendFlag(b, e.Redrivable)
	b = appendText(b, e.Reason)
	b = appendOptional(b, e.Error)
	b = appendOptional(b, e.Cause)
	b = binary.AppendVarint(b, e.Steps)
	b = binary.AppendUvarint(b, uint64(len(e.RedriveTokens)))
	for _, t := range e.RedriveTokens {
		b = appendText(b, t.Token)
		b = binary.AppendVarint(b, int64(t.Date))
	}
	return b
}

func decodeExecution(id uint64, data []byte) (execution, error) {
	r := reader{b: data}
	if r.byte() != recordVersion {
		return execution{}, errRecord
	}
	status := int(r.byte())
	if status >= len(statusCodes) {
		return execution{}, errRecord
	}
	e := execution{
		ID: id, Status: statusCodes[status], Machine: r.text(), Revision: r.uint(), Name: r.text(), Seed: r.uint(),
		Start: r.millis(), Stop: r.millis(), Trace: r.text(), RedriveCount: int(r.int()), RedriveDate: r.millis(),
		Redrivable: r.byte() == 1, Reason: r.text(), Error: r.optional(), Cause: r.optional(),
		Steps: r.int(),
	}
	for n := r.uint(); n > 0 && !r.bad; n-- {
		e.RedriveTokens = append(e.RedriveTokens, redriveToken{r.text(), r.millis()})
	}
	if r.bad {
		return execution{}, errRecord
	}
	return e, nil
}

// mark describes how a running execution continues after a restart: at once, because one of its
// tasks is in flight, or when its next timer is due (0: when a task token is returned). since is
// its place in a listing; 0 in marks of earlier versions.
type mark struct {
	idle       bool
	due, since Millis
}

func (m mark) encode(b []byte, machine string) []byte {
	b = append(b, recordVersion)
	b = appendFlag(b, m.idle)
	b = binary.AppendVarint(b, int64(m.due))
	b = appendText(b, machine)
	return binary.AppendVarint(b, int64(m.since))
}

func decodeMark(data []byte) (m mark, machine string, err error) {
	r := reader{b: data}
	if r.byte() != recordVersion {
		return m, "", errRecord
	}
	m = mark{idle: r.byte() == 1, due: r.millis()}
	machine = r.text()
	if !r.bad && len(r.b) > 0 {
		m.since = r.millis()
	}
	if r.bad {
		return m, "", errRecord
	}
	return m, machine, nil
}

// listEntry holds the data that ListExecutions shows of a closed execution.
func (e *execution) encodeListEntry(b []byte) []byte {
	b = append(b, recordVersion)
	b = appendText(b, e.Name)
	b = binary.AppendVarint(b, int64(e.Start))
	b = binary.AppendVarint(b, int64(e.Stop-e.Start))
	b = binary.AppendVarint(b, int64(e.RedriveCount))
	return binary.AppendVarint(b, int64(e.RedriveDate))
}

func decodeListEntry(data []byte) (e execution, err error) {
	r := reader{b: data}
	if r.byte() != recordVersion {
		return e, errRecord
	}
	e.Name, e.Start = r.text(), r.millis()
	e.Stop = e.Start + r.millis()
	e.RedriveCount, e.RedriveDate = int(r.int()), r.millis()
	if r.bad {
		return e, errRecord
	}
	return e, nil
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func appendOptional(b []byte, s *string) []byte {
	if s == nil {
		return append(b, 0)
	}
	return appendText(append(b, 1), *s)
}

func appendFlag(b []byte, f bool) []byte {
	if f {
		return append(b, 1)
	}
	return append(b, 0)
}

// reader decodes a record; bad reports that the record was too short.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) byte() byte {
	if len(r.b) == 0 {
		r.bad = true
		return 0
	}
	c := r.b[0]
	r.b = r.b[1:]
	return c
}

func (r *reader) uint() uint64 {
	n, size := binary.Uvarint(r.b)
	r.skip(size)
	return n
}

func (r *reader) int() int64 {
	n, size := binary.Varint(r.b)
	r.skip(size)
	return n
}

// skip drops the bytes of a number that was read. As in encoding/binary, a size of 0 or less means
// that there was no number, and that its value is 0.
func (r *reader) skip(size int) {
	if size <= 0 {
		r.bad, r.b = true, nil
		return
	}
	r.b = r.b[size:]
}

func (r *reader) millis() Millis { return Millis(r.int()) }

func (r *reader) text() string {
	n := r.uint()
	if n > uint64(len(r.b)) {
		r.bad, r.b = true, nil
		return ""
	}
	s := string(r.b[:n])
	r.b = r.b[n:]
	return s
}

func (r *reader) optional() *string {
	if r.byte() == 0 {
		return nil
	}
	s := r.text()
	return &s
}
