package store

import (
	"errors"
	"io/fs"
	"strings"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// clearUnborn removes what is left of a store whose making was interrupted, by a full disk and a
// loss of power say: its marker may name a manifest that never came to the disk. The caller has
// found no mark. A folder without a table, and without a byte in a log, has never held anything.
func clearUnborn(files vfs.FS, dir string) error {
	names, err := files.List(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var remains []string
	for _, name := range names {
		switch {
		case strings.HasPrefix(name, "marker."), strings.HasPrefix(name, "MANIFEST-"), strings.HasPrefix(name, "OPTIONS-"):
			remains = append(remains, name)
		case strings.HasSuffix(name, ".log"):
			info, err := files.Stat(files.PathJoin(dir, name))
			if err != nil || info.Size() > 0 {
				return err
			}
			remains = append(remains, name)
		case strings.HasSuffix(name, ".sst"), strings.HasSuffix(name, ".blob"):
			return nil
		}
	}
	for _, name := range remains {
		if err := files.Remove(files.PathJoin(dir, name)); err != nil {
			return err
		}
	}
	return nil
}
