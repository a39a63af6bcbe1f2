package store

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// killed makes a store in dir with values in a table and in the log, and leaves it as a killed
// process does: a copy of the files of one that runs.
func killed(t *testing.T, dir string) (values int) {
	t.Helper()
	s, err := Open(filepath.Join(t.TempDir(), "db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 60 {
		b := s.NewBatch()
		b.Set(NewKey("t").Uint(uint64(i)), bytes.Repeat([]byte{byte(i)}, 3000))
		if err := b.Commit(); err != nil {
			t.Fatal(err)
		}
		if i == 30 {
			if err := s.db.Flush(); err != nil {
				t.Fatal(err)
			}
		}
	}
	waitNoted(t, s)
	if err := os.CopyFS(dir, os.DirFS(s.state.dir)); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return 60
}

// waitNoted flushes, and waits until the mark says all that is durable.
func waitNoted(t *testing.T, s *Store) {
	t.Helper()
	if err := s.Flush(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		p, err := readMark(vfs.Default, s.state.dir)
		if now := s.mark.progress(); err == nil && p.next == now.next && p.manifest == now.manifest && p.logs == now.logs {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("the mark does not follow the flushes")
		}
	}
}

// newest is the last file that a pattern matches.
func newest(t *testing.T, dir, pattern string) string {
	t.Helper()
	list, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil || len(list) == 0 {
		t.Fatalf("no %s in %s: %v", pattern, dir, err)
	}
	return list[len(list)-1]
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

func cut(t *testing.T, path string) {
	t.Helper()
	info, err := os.Stat(path)
	if err == nil {
		err = os.Truncate(path, info.Size()/2)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func empty(t *testing.T, path string) {
	t.Helper()
	if err := os.Truncate(path, 0); err != nil {
		t.Fatal(err)
	}
}

func garble(t *testing.T, path string) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err == nil {
		for i := len(content) / 2; i < len(content)*3/4; i++ {
			content[i] ^= 0x5A
		}
		err = os.WriteFile(path, content, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// contents are the files of a folder, but for the lock.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, e := range list {
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if e.Name() != "LOCK" {
			out[e.Name()] = string(text)
		}
	}
	return out
}

// Whatever is missing, cut or garbled: the store says so, changes nothing, and is whole again when
// the file is brought back.
func TestOpen_damaged(t *testing.T) {
	t.Parallel()
	for _, pattern := range []string{"*.log", "MANIFEST-*", "*.sst", "marker.manifest.*", "marker.format-version.*", markName} {
		for name, damage := range map[string]func(*testing.T, string){"removed": remove, "cut": cut, "empty": empty, "garbled": garble} {
			if whole := strings.HasPrefix(pattern, "marker") && name != "removed" || pattern == markName && name == "removed"; whole {
				continue // such files are empty, or not needed
			}
			t.Run(pattern+" "+name, func(t *testing.T) {
				t.Parallel()
				dir := filepath.Join(t.TempDir(), "db")
				values := killed(t, dir)
				before := contents(t, dir)
				damage(t, newest(t, dir, pattern))
				damaged := contents(t, dir)
				err := read(t, dir, values)
				wantFailure(t, err, Damaged, dir, "damaged", "docs/data-folder.md")
				if running := pattern == "*.sst" && name == "garbled"; strings.Contains(err.Error(), "left as it is") == running {
					t.Errorf("the folder was written to: %v, and the store says: %v", running, err)
				}
				if pattern == "*.sst" && name == "garbled" {
					return // found when it is read: the store has begun to work
				}
				if after := contents(t, dir); fmt.Sprint(after) != fmt.Sprint(damaged) {
					t.Error("the damaged folder was changed")
				}
				for file, text := range before {
					if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
						t.Fatal(err)
					}
				}
				if err := read(t, dir, values); err != nil {
					t.Errorf("the file is back: %v", err)
				}
			})
		}
	}
}

// read opens a store and reads all of it.
func read(t *testing.T, dir string, values int) (err error) {
	t.Helper()
	s, err := Open(dir, Options{})
	if err != nil {
		return err
	}
	n := 0
	for _, err = range s.Scan(NewKey("t"), NewKey("t").End()) {
		if err != nil {
			<-s.Failed()
			return s.Close()
		}
		n++
	}
	if n != values {
		t.Errorf("%d of %d values, and nothing said", n, values)
	}
	return s.Close()
}

// A store from before there were marks is opened, and has one afterwards.
func TestOpen_withoutMark(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "db")
	values := killed(t, dir)
	remove(t, filepath.Join(dir, markName))
	if err := read(t, dir, values); err != nil {
		t.Fatal(err)
	}
	remove(t, newest(t, dir, "*.log"))
	if err := read(t, dir, values); err != nil {
		t.Fatalf("an empty log: %v", err) // all of it is in tables since the start
	}
}

func TestStore_LastCommit(t *testing.T) {
	t.Parallel()
	dir, at := filepath.Join(t.TempDir(), "db"), time.Date(2031, 5, 6, 7, 8, 9, 0, time.UTC)
	for _, tt := range []struct{ now, want time.Time }{
		{at, time.Time{}},
		{at.Add(time.Hour), at},
		{at.Add(-24 * time.Hour), at.Add(time.Hour)}, // the clock was set back
		{at, at.Add(time.Hour)},
	} {
		s, err := Open(dir, Options{Now: func() time.Time { return tt.now }})
		if err != nil {
			t.Fatal(err)
		}
		if got := s.LastCommit(); !got.Equal(tt.want) {
			t.Errorf("last commit at %v, want %v", got, tt.want)
		}
		b := s.NewBatch()
		b.Set(NewKey("t"), nil)
		if err := b.Commit(); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
