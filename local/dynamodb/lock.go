package dynamodb

import (
	"hash/maphash"
	"slices"
	"sync"
)

// stripes is the number of locks. Keys that share one wait for each other.
const stripes = 4096

// itemLocks are the locks of all items, striped by key.
type itemLocks struct {
	seed  maphash.Seed
	locks [stripes]sync.RWMutex
}

func newItemLocks() *itemLocks { return &itemLocks{seed: maphash.MakeSeed()} }

func (l *itemLocks) stripe(key []byte) int { return int(maphash.Bytes(l.seed, key) % stripes) }

// lock takes the locks of all keys in the order of their stripes, so that callers do not deadlock,
// and returns the release.
func (l *itemLocks) lock(keys ...[]byte) (unlock func()) {
	taken := l.stripesOf(keys)
	for _, i := range taken {
		l.locks[i].Lock()
	}
	return func() {
		for _, i := range taken {
			l.locks[i].Unlock()
		}
	}
}

// rlock is lock for readers: it waits for writers of the keys to commit, not for other readers.
func (l *itemLocks) rlock(keys ...[]byte) (unlock func()) {
	taken := l.stripesOf(keys)
	for _, i := range taken {
		l.locks[i].RLock()
	}
	return func() {
		for _, i := range taken {
			l.locks[i].RUnlock()
		}
	}
}

func (l *itemLocks) stripesOf(keys [][]byte) []int {
	taken := make([]int, len(keys))
	for i, k := range keys {
		taken[i] = l.stripe(k)
	}
	slices.Sort(taken)
	return slices.Compact(taken)
}
