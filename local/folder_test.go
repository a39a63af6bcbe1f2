package local

import (
	"fmt"
	"io/fs"
	"strings"
	"syscall"
	"testing"

	"github.com/orderflow-dev/orderflow/local/store"
)

func TestNotLocked(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		err  error
		used bool
	}{
		{syscall.EAGAIN, true},
		{fmt.Errorf("lock: %w", syscall.EWOULDBLOCK), true},
		{fmt.Errorf("lock held by current process"), true},
		{&fs.PathError{Op: "open", Path: "lock", Err: syscall.EROFS}, false},
		{&fs.PathError{Op: "open", Path: "lock", Err: syscall.EACCES}, false},
		{&fs.PathError{Op: "open", Path: "lock", Err: syscall.EISDIR}, false},
		{syscall.EIO, false},
		{syscall.ENOLCK, false},
	} {
		err := notLocked("data", tt.err)
		if used := strings.Contains(err.Error(), "another process"); used != tt.used ||
			!strings.Contains(err.Error(), tt.err.Error()) {
			t.Errorf("%v: %v", tt.err, err)
		}
		if code := store.ExitCode(err); code != 5 {
			t.Errorf("%v: exit code %d", tt.err, code)
		}
	}
}
