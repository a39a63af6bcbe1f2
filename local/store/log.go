package store

import (
	"context"
	"log/slog"
)

// LogUntil is a log that drops all records once failed, the Err of a store, returns an error: all
// of them would report this error, which the watcher of Failed reports once.
func LogUntil(log *slog.Logger, failed func() error) *slog.Logger {
	return slog.New(logUntil{log.Handler(), failed})
}

type logUntil struct {
	slog.Handler
	failed func() error
}

func (h logUntil) Enabled(ctx context.Context, l slog.Level) bool {
	return h.failed() == nil && h.Handler.Enabled(ctx, l)
}

func (h logUntil) WithAttrs(attrs []slog.Attr) slog.Handler {
	return logUntil{h.Handler.WithAttrs(attrs), h.failed}
}

func (h logUntil) WithGroup(name string) slog.Handler {
	return logUntil{h.Handler.WithGroup(name), h.failed}
}
