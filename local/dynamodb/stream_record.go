package dynamodb

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"time"

	"orderflow/local/dynamodb/attr"
)

type eventKind byte

const (
	insert eventKind = iota + 1
	modify
	remove
)

func (k eventKind) String() string {
	return [...]string{insert: "INSERT", modify: "MODIFY", remove: "REMOVE"}[k]
}

// storedRecord is a stream record as the store keeps it: kind, flags, time in ms, then key and images with their lengths.
type storedRecord struct {
	event              eventKind
	expired            bool
	at                 time.Time
	key                []byte
	newImage, oldImage []byte // empty: not in this record
}

var errRecord = errors.New("corrupt stream record")

func (r storedRecord) marshal() []byte {
	b := make([]byte, 2, 32+len(r.key)+len(r.newImage)+len(r.oldImage))
	b[0] = byte(r.event)
	if r.expired {
		b[1] = 1
	}
	b = binary.BigEndian.AppendUint64(b, uint64(r.at.UnixMilli()))
	for _, part := range [][]byte{r.key, r.newImage, r.oldImage} {
		b = append(binary.AppendUvarint(b, uint64(len(part))), part...)
	}
	return b
}

// recordTime reads only the time of a stored record.
func recordTime(data []byte) (time.Time, error) {
	if len(data) < 10 {
		return time.Time{}, errRecord
	}
	return time.UnixMilli(int64(binary.BigEndian.Uint64(data[2:]))), nil
}

func unmarshalRecord(data []byte) (storedRecord, error) {
	at, err := recordTime(data)
	if err != nil || data[0] < byte(insert) || data[0] > byte(remove) {
		return storedRecord{}, errRecord
	}
	r := storedRecord{event: eventKind(data[0]), expired: data[1] == 1, at: at}
	rest := data[10:]
	for _, part := range []*[]byte{&r.key, &r.newImage, &r.oldImage} {
		n, size := binary.Uvarint(rest)
		if size <= 0 || n > uint64(len(rest)-size) {
			return r, errRecord
		}
		*part, rest = rest[size:size+int(n)], rest[size+int(n):]
	}
	return r, nil
}

// StreamRecord is a change of one item. It marshals as an element of Records of the event that Lambda gives to a function
// (Lambda developer guide, "Using AWS Lambda with Amazon DynamoDB").
type StreamRecord struct {
	// Sequence is the number behind SequenceNumber.
	Sequence uint64 `json:"-"`
	// Created is the time behind ApproximateCreationDateTime, to the millisecond.
	Created        time.Time       `json:"-"`
	EventID        string          `json:"eventID"`
	EventName      string          `json:"eventName"` // INSERT, MODIFY or REMOVE
	EventVersion   string          `json:"eventVersion"`
	EventSource    string          `json:"eventSource"`
	AWSRegion      string          `json:"awsRegion"`
	Change         StreamChange    `json:"dynamodb"`
	UserIdentity   *StreamIdentity `json:"userIdentity,omitempty"`
	EventSourceARN string          `json:"eventSourceARN,omitempty"`
}

// StreamChange is the keys and images of a changed item.
type StreamChange struct {
	ApproximateCreationDateTime float64 // epoch seconds
	Keys                        attr.Item
	NewImage                    attr.Item `json:",omitzero"`
	OldImage                    attr.Item `json:",omitzero"`
	SequenceNumber              string
	SizeBytes                   int
	StreamViewType              string
}

// StreamIdentity tells that the service itself made the change: an item expired.
type StreamIdentity struct {
	PrincipalID string `json:"principalId"`
	Type        string `json:"type"`
}

// FormatSequence writes a sequence number as streams show it: 21 digits, whose order as text is that of the numbers.
func FormatSequence(n uint64) string { return fmt.Sprintf("1%020d", n) }

// ParseSequence reads what FormatSequence wrote.
func ParseSequence(s string) (uint64, error) {
	if len(s) != 21 || s[0] != '1' {
		return 0, validation("Invalid SequenceNumber: %s", s)
	}
	n, err := strconv.ParseUint(s[1:], 10, 64)
	if err != nil {
		return 0, validation("Invalid SequenceNumber: %s", s)
	}
	return n, nil
}

func streamARN(table, label string) string { return tableARN(table) + "/stream/" + label }

// streamRecord decodes the record with a sequence number.
func (t *table) streamRecord(st *stream, sequence uint64, data []byte) (StreamRecord, error) {
	stored, err := unmarshalRecord(data)
	if err != nil {
		return StreamRecord{}, fmt.Errorf("record %d: %w", sequence, err)
	}
	r := StreamRecord{
		Sequence: sequence, Created: stored.at, EventID: fmt.Sprintf("%08x%08x%016x", st.tableID, st.id, sequence), EventName: stored.event.String(),
		EventVersion: "1.1", EventSource: "aws:dynamodb", AWSRegion: region, EventSourceARN: streamARN(t.name(), st.label),
	}
	c := &r.Change
	for _, part := range []struct {
		raw  []byte
		item *attr.Item
	}{{stored.key, &c.Keys}, {stored.newImage, &c.NewImage}, {stored.oldImage, &c.OldImage}} {
		if len(part.raw) == 0 {
			continue
		}
		if *part.item, err = attr.Unmarshal(part.raw); err != nil {
			return r, fmt.Errorf("record %d: %w", sequence, err)
		}
		c.SizeBytes += attr.ItemSize(*part.item)
	}
	c.ApproximateCreationDateTime = float64(stored.at.Unix())
	c.SequenceNumber = FormatSequence(sequence)
	c.StreamViewType = st.view
	if stored.expired {
		r.UserIdentity = &StreamIdentity{PrincipalID: "dynamodb.amazonaws.com", Type: "Service"}
	}
	return r, nil
}
