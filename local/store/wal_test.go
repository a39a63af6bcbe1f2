package store

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// heldFS makes no table until it is released.
type heldFS struct {
	vfs.FS
	released chan struct{}
}

func (h heldFS) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	if strings.HasSuffix(name, ".sst") {
		<-h.released
	}
	return h.FS.Create(name, c)
}

// manyLogs leaves a store in dir that has all of its values in four logs, as a killed process does.
func manyLogs(t *testing.T, dir string) (values int) {
	t.Helper()
	held := heldFS{vfs.Default, make(chan struct{})}
	s, err := Open(filepath.Join(t.TempDir(), "db"), Options{FS: held})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 40 {
		b := s.NewBatch()
		b.Set(NewKey("t").Uint(uint64(i)), []byte(strings.Repeat("x", 5000)))
		if err := b.Commit(); err != nil {
			t.Fatal(err)
		}
		if i%10 == 9 && i < 39 {
			if _, err := s.db.AsyncFlush(); err != nil {
				t.Fatal(err)
			}
		}
	}
	waitNoted(t, s)
	if err := os.CopyFS(dir, os.DirFS(s.state.dir)); err != nil {
		t.Fatal(err)
	}
	close(held.released)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return 40
}

// Whichever log loses what was committed: the store says so, changes nothing, and is whole again
// when the file is brought back.
func TestOpen_logDamaged(t *testing.T) {
	t.Parallel()
	for i := range 4 {
		for name, damage := range map[string]func(*testing.T, string){"removed": remove, "cut": cut, "empty": empty, "garbled": garble} {
			t.Run(fmt.Sprintf("log %d %s", i+1, name), func(t *testing.T) {
				t.Parallel()
				dir := filepath.Join(t.TempDir(), "db")
				values := manyLogs(t, dir)
				logs, err := filepath.Glob(filepath.Join(dir, "*.log"))
				if err != nil || len(logs) != 4 {
					t.Fatalf("logs %v, %v", logs, err)
				}
				whole, err := os.ReadFile(logs[i])
				if err != nil {
					t.Fatal(err)
				}
				damage(t, logs[i])
				damaged := contents(t, dir)
				wantFailure(t, read(t, dir, values), Damaged, dir, "damaged", "docs/data-folder.md")
				if after := contents(t, dir); fmt.Sprint(after) != fmt.Sprint(damaged) {
					t.Error("the damaged folder was changed")
				}
				if err := os.WriteFile(logs[i], whole, 0o600); err != nil {
					t.Fatal(err)
				}
				if err := read(t, dir, values); err != nil {
					t.Errorf("the file is back: %v", err)
				}
			})
		}
	}
}

// A log whose content is in tables may be gone: Pebble removes it when it comes to it.
func TestOpen_logNotNeeded(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "db")
	values := killed(t, dir)
	logs, err := filepath.Glob(filepath.Join(dir, "*.log"))
	if err != nil || len(logs) < 2 {
		t.Fatalf("logs %v, %v", logs, err)
	}
	remove(t, logs[0])
	if err := read(t, dir, values); err != nil {
		t.Error(err)
	}
}

// A mark from before logs were noted is read, and replaced by one that notes them.
func TestReadMark_withoutLogs(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "db")
	values := manyLogs(t, dir)
	old, err := readMark(vfs.Default, dir)
	if err != nil || old.logs[0].Size == 0 {
		t.Fatalf("mark %+v, %v", old, err)
	}
	old.logs, old.without = wals{}, true
	if err := os.WriteFile(filepath.Join(dir, markName), old.encode(), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := read(t, dir, values); err != nil {
		t.Fatal(err)
	}
	if now, err := readMark(vfs.Default, dir); err != nil || now.without || now.next != old.next {
		t.Errorf("mark %+v, %v", now, err)
	}
}

func TestWals_with(t *testing.T) {
	t.Parallel()
	var l wals
	for n := range uint64(len(l) + 3) {
		l = l.with(wal{n + 1, 10})
	}
	l = l.with(wal{7, 99}).with(wal{2, 99}) // one that is in the list, one that has fallen out
	for i, w := range l {
		want := wal{uint64(len(l) + 3 - i), 10}
		if want.Number == 7 {
			want.Size = 99
		}
		if w != want {
			t.Errorf("entry %d is %v, want %v", i, w, want)
		}
	}
}

// A machine that crashes at any moment, with tables being made and logs used again, leaves no
// damage: all that was flushed is there.
func TestOpen_crashedAnywhere(t *testing.T) {
	t.Parallel()
	fs := vfs.NewCrashableMem()
	s, err := Open("db", Options{FS: fs})
	if err != nil {
		t.Fatal(err)
	}
	rng, flushed := rand.New(rand.NewPCG(3, 4)), 0
	for i := range 150 {
		b := s.NewBatch()
		b.Set(NewKey("t").Uint(uint64(i)), []byte(strings.Repeat("x", rng.IntN(3000))))
		if err := b.Commit(); err != nil {
			t.Fatal(err)
		}
		if rng.IntN(2) == 0 {
			if err := s.Flush(); err != nil {
				t.Fatal(err)
			}
			flushed = i + 1
		}
		if rng.IntN(4) == 0 {
			if _, err := s.db.AsyncFlush(); err != nil { // goes on while the machine crashes
				t.Fatal(err)
			}
		}
		crashed := fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: rng.IntN(101), RNG: rng})
		again, err := Open("db", Options{FS: crashed})
		if err != nil {
			t.Fatalf("crash after commit %d: %v", i+1, err)
		}
		if n := count(t, again); n < flushed || n > i+1 {
			t.Fatalf("%d values survived; %d were committed, %d flushed", n, i+1, flushed)
		}
		if err := again.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}
