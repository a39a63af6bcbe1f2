package states

import "sync"

// keyLocks is a lock for each key that is in use. The zero value is ready.
type keyLocks struct {
	mu   sync.Mutex
	held map[string]chan struct{}
}

// lock locks key and returns the function that unlocks it.
func (l *keyLocks) lock(key string) (unlock func()) {
	mine := make(chan struct{})
	for {
		l.mu.Lock()
		if l.held == nil {
			l.held = map[string]chan struct{}{}
		}
		other, taken := l.held[key]
		if !taken {
			l.held[key] = mine
			l.mu.Unlock()
			return func() {
				l.mu.Lock()
				delete(l.held, key)
				l.mu.Unlock()
				close(mine)
			}
		}
		l.mu.Unlock()
		<-other
	}
}

// waiters holds the channels of the callers that wait for executions to end. The zero value is
// ready.
type waiters struct {
	mu sync.Mutex
	on map[uint64][]chan struct{}
}

func (w *waiters) add(id uint64) chan struct{} {
	ch := make(chan struct{})
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.on == nil {
		w.on = map[uint64][]chan struct{}{}
	}
	w.on[id] = append(w.on[id], ch)
	return ch
}

func (w *waiters) remove(id uint64, ch chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	list := w.on[id]
	for i, c := range list {
		if c == ch {
			list = append(list[:i], list[i+1:]...)
			break
		}
	}
	if len(list) == 0 {
		delete(w.on, id)
	} else {
		w.on[id] = list
	}
}

func (w *waiters) wake(id uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, ch := range w.on[id] {
		close(ch)
	}
	delete(w.on, id)
}
