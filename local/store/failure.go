package store

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"

	"github.com/cockroachdb/pebble/v2"
)

// Kind says what is wrong with a store, and what to do about it.
type Kind int

// The kinds of failures. Each has an exit code of its own, which docs/data-folder.md explains.
const (
	Full     Kind = iota + 1 // the disk has no room
	Damaged                  // files are missing, cut or garbled
	Unusable                 // the folder is in use, or may not be read or written, or the disk reports errors
)

// Failure is the reason why a store cannot be used, or not any longer. Its text is one sentence for
// the operator.
type Failure struct {
	Kind    Kind
	Dir     string
	Err     error
	Running bool // the store was open, and may have written to the folder
}

// Error implements error.
func (f *Failure) Error() string {
	cause := strings.Join(strings.Fields(f.Err.Error()), " ")
	switch f.Kind {
	case Full:
		return fmt.Sprintf("the disk is full, on which the data folder %s is: make room and start again, nothing that was accepted is lost (%s)", f.Dir, cause)
	case Damaged:
		if f.Running {
			return fmt.Sprintf("the data folder %s is damaged, which was found while it was in use: restore a backup, see docs/data-folder.md (%s)", f.Dir, cause)
		}
		return fmt.Sprintf("the data folder %s is damaged and was left as it is: bring back what is missing or restore a backup, see docs/data-folder.md (%s)", f.Dir, cause)
	}
	return fmt.Sprintf("the data folder %s cannot be used: %s", f.Dir, cause)
}

// Unwrap returns the cause.
func (f *Failure) Unwrap() error { return f.Err }

// ExitCode is the exit code of a program that ends with err: 0 without one, 3 for a full disk, 4
// for a damaged data folder, 5 for one that cannot be used, 1 for any other error.
func ExitCode(err error) int {
	if err == nil {
		return 0
	}
	f, ok := errors.AsType[*Failure](err)
	if !ok {
		return 1
	}
	return 2 + int(f.Kind)
}

// classify returns the kind of an error of the file system or of Pebble; otherwise is the kind of
// an unknown error.
func classify(err error, otherwise Kind) Kind {
	switch {
	case isAny(err, syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG):
		return Full
	case errors.Is(err, pebble.ErrCorruption), errors.Is(err, pebble.ErrDBDoesNotExist), errors.Is(err, fs.ErrNotExist):
		return Damaged
	case errors.Is(err, fs.ErrPermission), strings.Contains(err.Error(), "lock held by current process"),
		isAny(err, syscall.EROFS, syscall.EIO, syscall.EMFILE, syscall.ENFILE, syscall.EAGAIN, syscall.ENOTDIR):
		return Unusable
	}
	return otherwise
}

func isAny(err error, list ...error) bool {
	for _, e := range list {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
