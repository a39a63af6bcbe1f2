package system

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"slices"
)

// processLog logs the output of the functions' processes as their handlers in this process would
// log it: a line of JSON is a record with its level, any other line (such as a panic's trace) is a
// warning.
type processLog struct {
	log  *slog.Logger
	part []byte // of a line that is not complete yet
}

// Write never fails. It is called by one process at a time.
func (p *processLog) Write(b []byte) (int, error) {
	p.part = append(p.part, b...)
	for {
		end := bytes.IndexByte(p.part, '\n')
		if end < 0 {
			return len(b), nil
		}
		p.line(p.part[:end])
		p.part = p.part[end+1:]
	}
}

func (p *processLog) line(line []byte) {
	var record map[string]any
	var level slog.Level
	if json.Unmarshal(line, &record) != nil {
		if len(bytes.TrimSpace(line)) > 0 {
			p.log.Warn(string(line))
		}
		return
	}
	text, _ := record[slog.LevelKey].(string)
	if err := level.UnmarshalText([]byte(text)); err != nil {
		level = slog.LevelWarn
	}
	message, _ := record[slog.MessageKey].(string)
	var attrs []slog.Attr
	for _, k := range slices.Sorted(maps.Keys(record)) {
		if k != slog.LevelKey && k != slog.MessageKey && k != slog.TimeKey {
			attrs = append(attrs, slog.Any(k, record[k]))
		}
	}
	p.log.LogAttrs(context.Background(), level, message, attrs...)
}
