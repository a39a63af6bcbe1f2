package states

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"time"
)

// Millis is a point in time in milliseconds since 1970 (UTC). AWS JSON writes it as seconds with a
// fraction; 0 is "none".
type Millis int64

func millis(t time.Time) Millis { return Millis(t.UnixMilli()) }

// Time returns the point in time.
func (m Millis) Time() time.Time { return time.UnixMilli(int64(m)).UTC() }

// MarshalJSON writes epoch seconds: 1700000000.123.
func (m Millis) MarshalJSON() ([]byte, error) {
	return m.append(make([]byte, 0, 16)), nil
}

func (m Millis) append(b []byte) []byte {
	b = strconv.AppendInt(b, int64(m)/1000, 10)
	if f := int64(m) % 1000; f > 0 {
		b = append(b, '.', byte('0'+f/100), byte('0'+f/10%10), byte('0'+f%10))
	}
	return b
}

// UnmarshalJSON reads epoch seconds.
func (m *Millis) UnmarshalJSON(b []byte) error {
	var seconds float64
	if err := json.Unmarshal(b, &seconds); err != nil {
		return fmt.Errorf("read timestamp: %w", err)
	}
	*m = Millis(math.Round(seconds * 1000))
	return nil
}
