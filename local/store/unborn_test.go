package store

import (
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// A start that was interrupted while it made the store leaves a folder that the next start takes
// for an empty one; a log with anything in it does not.
func TestOpen_unborn(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		log   string
		empty bool
	}{"nothing": {"", true}, "a log": {"something", false}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mem := vfs.NewMem()
			if err := mem.MkdirAll("db", 0o700); err != nil {
				t.Fatal(err)
			}
			for file, text := range map[string]string{"db/marker.manifest.000001.MANIFEST-000001": "", "db/000002.log": tt.log} {
				f, err := mem.Create(file, vfs.WriteCategoryUnspecified)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := f.Write([]byte(text)); err != nil {
					t.Fatal(err)
				}
				if err := f.Close(); err != nil {
					t.Fatal(err)
				}
			}
			s, err := Open("db", Options{FS: mem})
			if !tt.empty {
				wantFailure(t, err, Damaged)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}
