package awsapi

import (
	"bytes"
	"encoding/json"
)

// MarshalUnescaped is json.Marshal without escaping <, > and &: AWS services do not escape them.
func MarshalUnescaped(v any) ([]byte, error) {
	var buf bytes.Buffer
	e := json.NewEncoder(&buf)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimRight(buf.Bytes(), "\n"), nil
}
