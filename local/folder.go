package local

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/orderflow-dev/orderflow/local/clock"
	"github.com/orderflow-dev/orderflow/local/store"
)

// openStore locks the data folder and opens the store in it.
func (s *Stack) openStore() error {
	if !s.opt.InMemory {
		if err := s.takeFolder(); err != nil {
			return fmt.Errorf("open stack: %w", err)
		}
	}
	st, err := store.Open(filepath.Join(s.opt.Dir, "store"), store.Options{InMemory: s.opt.InMemory, Now: s.clock.Now})
	if err != nil {
		if s.lock != nil {
			err = errors.Join(err, s.lock.Close())
		}
		return fmt.Errorf("open stack: %w", err)
	}
	s.store = st
	s.log = store.LogUntil(s.log, st.Err)
	s.resumeClock()
	return nil
}

// resumeClock moves the clock forward if it is behind the store, whose times are those of the
// earlier process.
func (s *Stack) resumeClock() {
	c, ok := s.clock.(*clock.Clock)
	if !ok {
		return
	}
	if late := c.NotBefore(s.store.LastCommit()); late > time.Second {
		s.log.Warn("the machine's clock is behind the data folder; the local services continue from the folder's time",
			"by", late.Round(time.Second))
	}
}

// takeFolder makes the data folder, or closes an existing one to other users, and locks it.
func (s *Stack) takeFolder() error {
	dir := s.opt.Dir
	if dir == "" {
		return errors.New("neither a data folder nor InMemory")
	}
	tightened, err := store.Private(dir)
	if err != nil {
		return err
	}
	if tightened {
		s.log.Warn("the data folder was open to others; now only its owner can read it", "folder", dir)
	}
	path := filepath.Join(dir, "lock")
	if s.lock, err = vfs.Default.Lock(path); err != nil {
		return notLocked(dir, err)
	}
	return os.Chmod(path, 0o600)
}

// notLocked explains why a data folder could not be locked: another process holds the lock, or the
// disk does not let the file be opened.
func notLocked(dir string, err error) error {
	why := "its lock cannot be taken"
	if errors.Is(err, syscall.EAGAIN) || strings.Contains(err.Error(), "lock held by current process") { // Pebble's words
		why = "it is in use by another process"
	}
	return &store.Failure{Kind: store.Unusable, Dir: dir, Err: fmt.Errorf("%s: %w", why, err)}
}
