package sqs

import (
	"crypto/md5"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/orderflow-dev/orderflow/local/awsapi"
	"github.com/orderflow-dev/orderflow/local/store"
)

// header is everything of a stored message except its body and its place in the queue.
type header struct {
	ID         string               `json:"id"`
	Attributes map[string]Attribute `json:"attributes,omitempty"`
	Trace      string               `json:"trace,omitempty"`  // AWSTraceHeader
	Sender     string               `json:"sender,omitempty"` // SenderId
	Group      string               `json:"group,omitempty"`  // MessageGroupId
	Source     string               `json:"source,omitempty"` // DeadLetterQueueSourceArn
}

// message is a stored message: its header in JSON, its body as it is.
type message struct {
	header
	body string
}

var errCorrupt = errors.New("malformed record")

func (m *message) encode() ([]byte, error) {
	h, err := json.Marshal(m.header)
	if err != nil {
		return nil, fmt.Errorf("encode message: %w", err)
	}
	out := make([]byte, 0, 4+len(h)+len(m.body))
	out = binary.BigEndian.AppendUint32(out, uint32(len(h)))
	return append(append(out, h...), m.body...), nil
}

func decodeMessage(v []byte) (*message, error) {
	if len(v) < 4 || uint64(len(v)) < 4+uint64(binary.BigEndian.Uint32(v)) {
		return nil, fmt.Errorf("decode message: %w", errCorrupt)
	}
	n := 4 + binary.BigEndian.Uint32(v)
	m := &message{body: string(v[n:])}
	if err := json.Unmarshal(v[4:n], &m.header); err != nil {
		return nil, fmt.Errorf("decode message: %w", err)
	}
	return m, nil
}

const entrySize = 8 + 8 + 8 + 4 + 1

// Flags of a stored entry.
const (
	flagDelayed = 1 << iota
	flagPolled
)

func (e *entry) encode() []byte {
	out := make([]byte, 0, entrySize)
	out = binary.BigEndian.AppendUint64(out, uint64(e.sent))
	out = binary.BigEndian.AppendUint64(out, uint64(e.visibleAt))
	out = binary.BigEndian.AppendUint64(out, uint64(e.first))
	out = binary.BigEndian.AppendUint32(out, e.receives)
	var flags byte
	if e.delayed {
		flags |= flagDelayed
	}
	if e.polled {
		flags |= flagPolled
	}
	return append(out, flags)
}

func decodeEntry(seq uint64, v []byte) (*entry, error) {
	if len(v) != entrySize {
		return nil, fmt.Errorf("decode message state: %w", errCorrupt)
	}
	return &entry{
		seq: seq, sent: int64(binary.BigEndian.Uint64(v)), visibleAt: int64(binary.BigEndian.Uint64(v[8:])),
		first: int64(binary.BigEndian.Uint64(v[16:])), receives: binary.BigEndian.Uint32(v[24:]),
		delayed: v[28]&flagDelayed != 0, polled: v[28]&flagPolled != 0,
	}, nil
}

func stateKey(queue, seq uint64) store.Key { return store.NewKey("sqs", "state").Uint(queue).Uint(seq) }
func bodyKey(queue, seq uint64) store.Key  { return store.NewKey("sqs", "body").Uint(queue).Uint(seq) }

// read returns the stored message of an entry.
func (q *queue) read(e *entry) (*message, error) {
	v, err := q.s.st.Get(bodyKey(q.id, e.seq))
	if err != nil {
		return nil, err
	}
	return decodeMessage(v)
}

// put writes a message that is new in the queue. Its entry is added once the batch is committed.
func (q *queue) put(b *store.Batch, e *entry, m *message) error {
	v, err := m.encode()
	if err != nil {
		return err
	}
	b.Set(bodyKey(q.id, e.seq), v)
	b.Set(stateKey(q.id, e.seq), e.encode())
	return nil
}

// handle is the content of a receipt handle: the message, and which of its receives.
type handle struct {
	queue, seq uint64
	receive    uint32
}

func (h handle) String() string {
	b := binary.BigEndian.AppendUint64([]byte("rcpt"), h.queue)
	b = binary.BigEndian.AppendUint64(b, h.seq)
	return base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint32(b, h.receive))
}

// parse reads a receipt handle of this queue. It returns ReceiptHandleIsInvalid for anything else.
func (q *queue) parse(s string) (handle, error) {
	if s == "" {
		return handle{}, missingParameter("ReceiptHandle")
	}
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil || len(b) != 24 || string(b[:4]) != "rcpt" || binary.BigEndian.Uint64(b[4:]) != q.id {
		return handle{},
			awsapi.Errorf("ReceiptHandleIsInvalid", "The input receipt handle %q is not a valid receipt handle.", s)
	}
	return handle{q.id, binary.BigEndian.Uint64(b[12:]), binary.BigEndian.Uint32(b[20:])}, nil
}

func md5Hex(s string) string {
	sum := md5.Sum([]byte(s))
	return hex.EncodeToString(sum[:])
}

// attributesMD5 is the checksum of message attributes as the developer guide defines it: for each
// name in order, the name, the data type, a byte for the transport type (1 string, 2 binary) and
// the value, each text preceded by its length.
func attributesMD5(attrs map[string]Attribute) string {
	if len(attrs) == 0 {
		return ""
	}
	names := make([]string, 0, len(attrs))
	for n := range attrs {
		names = append(names, n)
	}
	slices.Sort(names)
	h := md5.New()
	write := func(p []byte) {
		h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(p))))
		h.Write(p)
	}
	for _, n := range names {
		a := attrs[n]
		write([]byte(n))
		write([]byte(a.DataType))
		if strings.HasPrefix(a.DataType, "Binary") {
			h.Write([]byte{2})
			write(a.BinaryValue)
			continue
		}
		h.Write([]byte{1})
		write([]byte(a.StringValue))
	}
	return hex.EncodeToString(h.Sum(nil))
}
