package store

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// markName is the file with the store's progress. Pebble ignores names that it does not know.
const markName = "PROGRESS"

// markPause is how long a flush may be unrecorded: a lost log is not noticed for that long.
const markPause = 10 * time.Millisecond

// mark records the progress of the store and of each of its logs beside Pebble's own files, so that
// the next Open detects if less is left. It is overwritten in place, and flushed only by Close. It
// is written after the flushes, so that it never claims more than is on the disk. After a crash of
// the machine it may claim less.
type mark struct {
	file     vfs.File
	now      func() time.Time
	start    progress
	high     atomic.Uint64
	manifest atomic.Pointer[manifest]
	mu       sync.Mutex // guards logs
	logs     wals
	wake     chan struct{} // has room for one: there is something to note
	stop     chan struct{}
	done     chan error
}

// progress is the content of a mark.
type progress struct {
	known bool
	next  uint64    // the sequence number after the last one that is durable
	at    time.Time // when that was noted
	manifest
	logs    wals
	without bool // it was noted before logs were
}

// encode always gives the same number of bytes, fewer than a sector of a disk has.
func (p progress) encode() []byte {
	text := fmt.Appendf(nil, "%020d %020d %24q %020d %010d", p.next, p.at.UnixMilli(), p.Name, p.Size, p.Sum)
	for _, w := range p.logs {
		if !p.without {
			text = fmt.Appendf(text, " %010d:%012d", w.Number, w.Size)
		}
	}
	return fmt.Appendf(text, " %08x\n", crc32.ChecksumIEEE(text))
}

// decode reads what encode wrote.
func (p *progress) decode(text []byte) error {
	var ms int64 // since 1970
	in := bytes.NewReader(text)
	_, err := fmt.Fscanf(in, "%d %d %q %d %d", &p.next, &ms, &p.Name, &p.Size, &p.Sum)
	for i := range p.logs {
		if err == nil {
			_, err = fmt.Fscanf(in, " %d:%d", &p.logs[i].Number, &p.logs[i].Size)
			p.without = err != nil && i == 0
		}
	}
	p.at = time.UnixMilli(ms)
	if !bytes.Equal(p.encode(), text) {
		return fmt.Errorf("the file %s is garbled", markName)
	}
	return nil
}

// readMark reads the mark of the last process. A store of an older version has none.
func readMark(files vfs.FS, dir string) (progress, error) {
	f, err := files.Open(files.PathJoin(dir, markName))
	if errors.Is(err, fs.ErrNotExist) {
		return progress{}, nil
	}
	if err != nil {
		return progress{}, err
	}
	defer f.Close()
	text, err := io.ReadAll(f)
	if err != nil {
		return progress{}, err
	}
	p := progress{known: true}
	return p, p.decode(text)
}

// newMark continues from what was read. It takes progress from now on, and writes it once it is
// opened.
func newMark(read progress, now func() time.Time) *mark {
	m := &mark{now: now, start: read, logs: read.logs, wake: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan error, 1)}
	m.high.Store(read.next)
	m.manifest.Store(&read.manifest)
	return m
}

func (m *mark) open(files vfs.FS, dir string) error {
	if !m.start.known || m.start.without {
		if err := createMark(files, dir, m.progress()); err != nil {
			return err
		}
	}
	var err error
	if m.file, err = files.OpenReadWrite(files.PathJoin(dir, markName), vfs.WriteCategoryUnspecified); err != nil {
		return err
	}
	go func() { m.done <- m.run() }()
	return nil
}

// createMark creates the file completely or not at all.
func createMark(files vfs.FS, dir string, p progress) error {
	name := files.PathJoin(dir, markName)
	f, err := files.Create(name+".new", vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	_, err = f.Write(p.encode())
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := files.Rename(name+".new", name); err != nil {
		return err
	}
	d, err := files.OpenDir(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// reach records, soon, that everything before next is durable.
func (m *mark) reach(next uint64) {
	if raise(&m.high, next) {
		m.poke()
	}
}

// synced records, soon, that a manifest is durable.
func (m *mark) synced(to manifest) {
	m.manifest.Store(&to)
	m.poke()
}

// logged records, soon, how far a log is durable.
func (m *mark) logged(w wal) {
	m.mu.Lock()
	m.logs = m.logs.with(w)
	m.mu.Unlock()
	m.poke()
}

func (m *mark) poke() { poke(m.wake) }

// run writes the mark, at most once a markPause. A write that fails has ended the store.
func (m *mark) run() error {
	pause := time.NewTimer(0)
	defer pause.Stop()
	for {
		select {
		case <-m.wake:
		case <-m.stop:
			return m.write()
		}
		if err := m.write(); err != nil {
			return err
		}
		pause.Reset(markPause)
		select {
		case <-pause.C:
		case <-m.stop:
			return m.write()
		}
	}
}

func (m *mark) progress() progress {
	p := progress{next: m.high.Load(), at: m.now(), manifest: *m.manifest.Load()}
	if p.at.Before(m.start.at) {
		p.at = m.start.at
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	p.logs = m.logs
	return p
}

func (m *mark) write() error {
	_, err := m.file.WriteAt(m.progress().encode(), 0)
	return err
}

// close writes the mark a last time, and flushes it.
func (m *mark) close() error {
	close(m.stop)
	return errors.Join(<-m.done, m.file.Sync(), m.file.Close())
}
