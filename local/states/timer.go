package states

import (
	"container/heap"
	"sync"
)

// timers holds the next timer of each execution that waits for a point in time. Nothing else of a
// waiting execution stays in memory. It is safe for concurrent use.
type timers struct {
	mu     sync.Mutex
	heap   timerHeap
	firing int           // number of timers removed by pop whose work is not done
	wake   chan struct{} // receives when another timer becomes the first one
}

type timer struct {
	due Millis
	id  uint64
}

type timerHeap struct {
	list []timer
	at   map[uint64]int32 // id -> place in list
}

func newTimers() *timers {
	return &timers{heap: timerHeap{at: map[uint64]int32{}}, wake: make(chan struct{}, 1)}
}

// set sets the timer of execution id to due; 0 removes it.
func (t *timers) set(id uint64, due Millis) {
	t.mu.Lock()
	defer t.mu.Unlock()
	i, ok := t.heap.at[id]
	switch {
	case due == 0 && ok:
		heap.Remove(&t.heap, int(i))
		return
	case due == 0:
		return
	case ok:
		t.heap.list[i].due = due
		heap.Fix(&t.heap, int(i))
	default:
		heap.Push(&t.heap, timer{due, id})
	}
	if t.heap.list[0].id == id {
		select {
		case t.wake <- struct{}{}:
		default:
		}
	}
}

// pop removes and returns one timer that is due; call done after its work. Without one it returns
// the time of the next timer, 0 if there is none.
func (t *timers) pop(now Millis) (id uint64, ok bool, next Millis) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.heap.list) == 0 {
		return 0, false, 0
	}
	if first := t.heap.list[0]; first.due > now {
		return 0, false, first.due
	}
	t.firing++
	return heap.Pop(&t.heap).(timer).id, true, 0
}

func (t *timers) done() {
	t.mu.Lock()
	t.firing--
	t.mu.Unlock()
}

func (h *timerHeap) Len() int           { return len(h.list) }
func (h *timerHeap) Less(i, j int) bool { return h.list[i].due < h.list[j].due }
func (h *timerHeap) Swap(i, j int) {
	l := h.list
	l[i], l[j] = l[j], l[i]
	h.at[l[i].id], h.at[l[j].id] = int32(i), int32(j)
}

func (h *timerHeap) Push(x any) {
	t := x.(timer)
	h.at[t.id] = int32(len(h.list))
	h.list = append(h.list, t)
}

func (h *timerHeap) Pop() any {
	last := len(h.list) - 1
	t := h.list[last]
	h.list = h.list[:last]
	delete(h.at, t.id)
	return t
}
