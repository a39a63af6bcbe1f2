package bench

import (
	"bytes"
	"os"
	"runtime/debug"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// disk is the operating system's file system. It counts the bytes written and the flushes.
type disk struct {
	vfs.FS
	bytes, flushes atomic.Int64
}

func newDisk() *disk { return &disk{FS: vfs.Default} }

func (d *disk) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	return d.file(d.FS.Create(name, c))
}

func (d *disk) OpenReadWrite(name string, c vfs.DiskWriteCategory, opts ...vfs.OpenOption) (vfs.File, error) {
	return d.file(d.FS.OpenReadWrite(name, c, opts...))
}

func (d *disk) ReuseForWrite(old, name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	return d.file(d.FS.ReuseForWrite(old, name, c))
}

func (d *disk) Unwrap() vfs.FS { return d.FS }

func (d *disk) file(f vfs.File, err error) (vfs.File, error) {
	if err != nil {
		return nil, err
	}
	return &diskFile{f, d}, nil
}

type diskFile struct {
	vfs.File
	d *disk
}

func (f *diskFile) Write(p []byte) (int, error) {
	f.d.bytes.Add(int64(len(p)))
	return f.File.Write(p)
}

func (f *diskFile) Sync() error {
	f.d.flushes.Add(1)
	return f.File.Sync()
}

func (f *diskFile) SyncData() error {
	f.d.flushes.Add(1)
	return f.File.SyncData()
}

// cpu returns the processor time that this process has used.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// forget returns free memory to the system and starts a new measurement of the peak (on Linux;
// elsewhere the peak is that of the process).
func forget() {
	debug.FreeOSMemory()
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0)
}

// resident and peak return this process's memory in MB; 0 if /proc does not report it.
func resident() float64 { return status("VmRSS:") }
func peak() float64     { return status("VmHWM:") }

func status(key string) float64 {
	data, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, rest, _ := bytes.Cut(data, []byte(key))
	f := bytes.Fields(rest)
	if len(f) == 0 {
		return 0
	}
	kb, err := strconv.ParseFloat(string(f[0]), 64)
	if err != nil {
		return 0
	}
	return kb / 1024
}
