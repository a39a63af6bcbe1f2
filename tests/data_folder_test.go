package tests

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/orderflow-dev/orderflow"
)

// wantExit waits until the system ends by itself, and checks its exit code and its one line of
// output.
func wantExit(t *testing.T, s *system, code int, sentence string) {
	t.Helper()
	select {
	case err := <-s.exited:
		checkExit(t, err, s.stderr.String(), code, sentence)
	case <-time.After(settle):
		_ = s.cmd.Process.Kill()
		t.Errorf("up goes on\n%s", s.stderr)
	}
	s.cmd = nil
}

func checkExit(t *testing.T, err error, stderr string, code int, sentence string) {
	t.Helper()
	if e, ok := errors.AsType[*exec.ExitError](err); !ok || e.ExitCode() != code {
		t.Errorf("ended with %v, want exit code %d", err, code)
	}
	line, more, _ := strings.Cut(stderr, "\n")
	if !strings.HasPrefix(line, "orderflow: ") || !strings.Contains(line, sentence) || more != "" {
		t.Errorf("printed %q, want one line with %q", stderr, sentence)
	}
}

// refused starts a system that must refuse to start.
func refused(t *testing.T, code int, sentence string, args ...string) {
	t.Helper()
	var stderr strings.Builder
	cmd := exec.Command(binary(t), append([]string{"up", "--addr", "127.0.0.1:0", "--aws-addr", "127.0.0.1:0"}, args...)...)
	cmd.Stderr = &stderr
	timer := time.AfterFunc(settle, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	checkExit(t, cmd.Run(), stderr.String(), code, sentence)
}

// TestDamagedFolder removes the log of a killed system: the next start reports it and changes
// nothing. With the log back, all orders are there.
func TestDamagedFolder(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	s := up(t, "--data", dir)
	id := s.as("ada").accepted(order("pm_card_visa", item{"twine-jute-100m", 1}))
	s.as("ada").ended(id)
	refused(t, 5, "in use by another process", "--data", dir)
	s.kill()
	logs, err := filepath.Glob(filepath.Join(dir, "store", "*.log"))
	if err != nil || len(logs) == 0 {
		t.Fatalf("logs %v, %v", logs, err)
	}
	away := t.TempDir()
	for _, log := range logs {
		if err := os.Rename(log, filepath.Join(away, filepath.Base(log))); err != nil {
			t.Fatal(err)
		}
	}
	refused(t, 4, "damaged", "--data", dir)
	for _, log := range logs {
		if err := os.Rename(filepath.Join(away, filepath.Base(log)), log); err != nil {
			t.Fatal(err)
		}
	}
	if v := up(t, "--data", dir).as("ada").ended(id); v.Status != orderflow.Fulfilled {
		t.Errorf("the order ended %s", v.Status)
	}
}

// TestOpenFolder: a data folder that others can read is closed to them, and every new file in it is
// readable by its owner only.
func TestOpenFolder(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	s := up(t, "--data", dir)
	s.stop()
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		return os.Chmod(path, info.Mode().Perm()|0o055)
	})
	if err != nil {
		t.Fatal(err)
	}
	s = up(t, "--data", dir)
	s.stop()
	for _, path := range []string{
		dir, filepath.Join(dir, "store"), filepath.Join(dir, "webhook-secret"), filepath.Join(dir, "store", "LOCK"),
	} {
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v, %v", path, info.Mode(), err)
		}
	}
	if !strings.Contains(s.stderr.String(), "other users could read the data folder") {
		t.Errorf("up prints no warning:\n%s", s.stderr)
	}
	shared := t.TempDir()
	if err := errors.Join(os.WriteFile(filepath.Join(shared, "letter.txt"), nil, 0o644), os.Chmod(shared, 0o755)); err != nil {
		t.Fatal(err)
	}
	refused(t, 5, "holds other files", "--data", shared)
}
