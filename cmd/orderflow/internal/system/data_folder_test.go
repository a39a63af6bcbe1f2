package system

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWarnEmptyFolder(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		secret, store, warns bool
	}{{false, false, false}, {true, true, false}, {false, true, false}, {true, false, true}} {
		dir := t.TempDir()
		if tt.secret {
			if err := os.WriteFile(filepath.Join(dir, "webhook-secret"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if tt.store {
			if err := os.Mkdir(filepath.Join(dir, "store"), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		var log strings.Builder
		warnEmptyFolder(dir, slog.New(slog.NewTextHandler(&log, nil)))
		if strings.Contains(log.String(), "its store is missing") != tt.warns {
			t.Errorf("%+v: %s", tt, &log)
		}
	}
}
