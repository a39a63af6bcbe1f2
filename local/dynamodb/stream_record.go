package dynamodb

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/orderflow-dev/orderflow/local/awsapi"
	"github.com/orderflow-dev/orderflow/local/dynamodb/attr"
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

// storedRecord is a stream record as the store keeps it: kind, flags, time in ms, then key and
// images with their lengths.
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

// StreamRecord is a change of one item.
type StreamRecord struct {
	Sequence           uint64 // the number behind SequenceNumber
	Created            time.Time
	EventID            string
	EventName          string // INSERT, MODIFY or REMOVE
	Keys               attr.Item
	NewImage, OldImage attr.Item // nil: not in this record
	SizeBytes          int
	View               string // StreamViewType
	Expired            bool   // deleted by time to live
	StreamARN          string
}

// AppendJSON appends the record as an element of Records of the event that Lambda gives to a
// function (Lambda developer guide, "Using AWS Lambda with Amazon DynamoDB").
func (r *StreamRecord) AppendJSON(b []byte) []byte {
	b = r.appendCommon(b)
	if r.Expired {
		b = append(b, `,"userIdentity":{"principalId":"dynamodb.amazonaws.com","type":"Service"}`...)
	}
	b = append(b, `,"eventSourceARN":`...)
	return append(attr.AppendText(b, r.StreamARN), '}')
}

// appendCommon appends what GetRecords and Lambda show alike, without the closing bracket.
func (r *StreamRecord) appendCommon(b []byte) []byte {
	b = append(append(b, `{"eventID":"`...), r.EventID...)
	b = append(append(b, `","eventName":"`...), r.EventName...)
	b = append(b,
		`","eventVersion":"1.1","eventSource":"aws:dynamodb","awsRegion":"`+awsapi.Region+
			`","dynamodb":{"ApproximateCreationDateTime":`...)
	b = strconv.AppendInt(b, r.Created.Unix(), 10)
	b = attr.AppendJSON(append(b, `,"Keys":`...), r.Keys)
	if r.NewImage != nil {
		b = attr.AppendJSON(append(b, `,"NewImage":`...), r.NewImage)
	}
	if r.OldImage != nil {
		b = attr.AppendJSON(append(b, `,"OldImage":`...), r.OldImage)
	}
	b = append(append(b, `,"SequenceNumber":"`...), FormatSequence(r.Sequence)...)
	b = strconv.AppendInt(append(b, `","SizeBytes":`...), int64(r.SizeBytes), 10)
	b = append(append(b, `,"StreamViewType":"`...), r.View...)
	return append(b, `"}`...)
}

// FormatSequence writes a sequence number as streams show it: 21 digits, whose order as text is
// that of the numbers.
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

// record decodes the record with a sequence number.
func (st *stream) record(sequence uint64, data []byte) (StreamRecord, error) {
	stored, err := unmarshalRecord(data)
	if err != nil {
		return StreamRecord{}, fmt.Errorf("record %d: %w", sequence, err)
	}
	r := StreamRecord{
		Sequence: sequence, Created: stored.at, EventID: fmt.Sprintf("%08x%08x%016x", st.TableID, st.ID, sequence),
		EventName: stored.event.String(),
		View:      st.View, Expired: stored.expired, StreamARN: st.arn(),
	}
	for _, part := range []struct {
		raw  []byte
		item *attr.Item
	}{{stored.key, &r.Keys}, {stored.newImage, &r.NewImage}, {stored.oldImage, &r.OldImage}} {
		if len(part.raw) == 0 {
			continue
		}
		if *part.item, err = attr.Unmarshal(part.raw); err != nil {
			return r, fmt.Errorf("record %d: %w", sequence, err)
		}
		r.SizeBytes += attr.ItemSize(*part.item)
	}
	return r, nil
}
