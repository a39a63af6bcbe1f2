package store

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestPrivate(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name      string
		mode      os.FileMode // of the folder; 0: there is none
		files     []string
		tightened bool
		refused   bool
	}{
		{name: "missing"},
		{name: "empty and open", mode: 0o755, tightened: true},
		{name: "empty and closed", mode: 0o700},
		{name: "readable by the group", mode: 0o750, tightened: true},
		{name: "used and open", mode: 0o755, files: []string{"lock", "store", "webhook-secret"}, tightened: true},
		{name: "a store and open", mode: 0o777, files: []string{"LOCK", "000012.log", "MANIFEST-000001"}, tightened: true},
		{name: "closed, with open files", mode: 0o700, files: []string{"lock"}, tightened: true},
		{name: "somebody else's", mode: 0o755, files: []string{"letter.txt", "store"}, refused: true},
		{name: "somebody else's, closed", mode: 0o700, files: []string{"letter.txt"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "data")
			if tt.mode != 0 {
				if err := errors.Join(os.Mkdir(dir, 0o700), os.Chmod(dir, tt.mode)); err != nil {
					t.Fatal(err)
				}
			}
			for _, f := range tt.files {
				if err := errors.Join(os.WriteFile(filepath.Join(dir, f), nil, 0o600), os.Chmod(filepath.Join(dir, f), 0o644)); err != nil {
					t.Fatal(err)
				}
			}
			tightened, err := Private(dir)
			if tt.refused {
				wantFailure(t, err, Unusable, "open to others")
				return
			}
			if err != nil || tightened != tt.tightened {
				t.Fatalf("tightened %t, %v, want %t", tightened, err, tt.tightened)
			}
			for _, f := range append(tt.files, ".") {
				info, err := os.Stat(filepath.Join(dir, f))
				if err != nil {
					t.Fatal(err)
				}
				if open := info.Mode().Perm()&0o077 != 0; open && f != "letter.txt" {
					t.Errorf("%s has mode %v", f, info.Mode())
				}
			}
			if again, err := Private(dir); again || err != nil {
				t.Errorf("the second time %t, %v", again, err)
			}
		})
	}
}
