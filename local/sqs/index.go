package sqs

// entry is one message in a queue's index. Times are Unix milliseconds.
type entry struct {
	seq       uint64
	sent      int64 // enqueue time; kept when the message moves to a dead-letter queue
	visibleAt int64
	first     int64 // first receive, 0 if never received
	received  int64 // last receive since the start, 0 if there was none
	receives  uint32
	delayed   bool // waits for its delay, not for a visibility timeout
	polled    bool // an event source mapping made the last receive: see ReleaseInFlight

	// busy means that a batch about this message is being committed: the entry is in no heap, and
	// other operations must not touch it.
	busy bool
	heap *entryHeap
	pos  int
}

// entryHeap is a binary min-heap whose entries know their place, so that any of them can be
// removed.
type entryHeap struct {
	less  func(a, b *entry) bool
	items []*entry
}

func bySeq(a, b *entry) bool { return a.seq < b.seq }

func byVisibility(a, b *entry) bool {
	if a.visibleAt != b.visibleAt {
		return a.visibleAt < b.visibleAt
	}
	return a.seq < b.seq
}

func (h *entryHeap) len() int { return len(h.items) }

func (h *entryHeap) head() *entry {
	if len(h.items) == 0 {
		return nil
	}
	return h.items[0]
}

func (h *entryHeap) push(e *entry) {
	e.heap, e.pos = h, len(h.items)
	h.items = append(h.items, e)
	h.up(e.pos)
}

func (h *entryHeap) pop() *entry {
	e := h.items[0]
	h.remove(e)
	return e
}

func (h *entryHeap) remove(e *entry) {
	last := len(h.items) - 1
	at := e.pos
	h.swap(at, last)
	h.items[last] = nil
	h.items = h.items[:last]
	e.heap = nil
	if at < last {
		h.down(at)
		h.up(at)
	}
}

func (h *entryHeap) swap(i, j int) {
	h.items[i], h.items[j] = h.items[j], h.items[i]
	h.items[i].pos, h.items[j].pos = i, j
}

func (h *entryHeap) up(i int) {
	for i > 0 {
		parent := (i - 1) / 2
		if !h.less(h.items[i], h.items[parent]) {
			return
		}
		h.swap(i, parent)
		i = parent
	}
}

func (h *entryHeap) down(i int) {
	for {
		child := 2*i + 1
		if child >= len(h.items) {
			return
		}
		if child+1 < len(h.items) && h.less(h.items[child+1], h.items[child]) {
			child++
		}
		if !h.less(h.items[child], h.items[i]) {
			return
		}
		h.swap(i, child)
		i = child
	}
}
