package states

import (
	"context"
	"encoding/binary"
	"errors"
	"slices"
	"sync"

	"github.com/orderflow-dev/orderflow/local/asl"
	"github.com/orderflow-dev/orderflow/local/store"
)

// A task of states:startExecution.sync waits for the end of the execution that it starts, its
// child. A link ties the two. It is written in the child's first batch, so that the task does not
// start a second child when it is performed again after a crash. It is deleted when the task has
// taken the child's end, or when the child was stopped because the task does not wait for it any
// more.

// link ties a task to its child.
type link struct {
	parent uint64
	task   asl.TaskID
	child  uint64
}

func (l link) key() store.Key { return childKey(l.parent, l.task) }

// children holds the links, and a queue of those that must be looked at. The zero value is ready.
type children struct {
	mu       sync.Mutex
	byParent map[uint64][]link
	byChild  map[uint64][]link
	queue    []link
	wake     chan struct{}
}

func newChildren() *children {
	return &children{byParent: map[uint64][]link{}, byChild: map[uint64][]link{}, wake: make(chan struct{}, 1)}
}

// load reads the links of the store, and queues all of them: their executions may have changed
// while the service was down.
func (c *children) load(st *store.Store) error {
	for p, err := range st.Scan(childKeys, childKeys.End()) {
		if err != nil {
			return err
		}
		r := reader{b: p.Value}
		l := link{
			parent: binary.BigEndian.Uint64(p.Key[len(p.Key)-16:]), task: asl.TaskID(lastUint(p.Key)), child: r.uint(),
		}
		if r.bad {
			return errRecord
		}
		c.add(l)
		c.push(l)
	}
	return nil
}

func (c *children) add(l link) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !slices.Contains(c.byParent[l.parent], l) {
		c.byParent[l.parent] = append(c.byParent[l.parent], l)
		c.byChild[l.child] = append(c.byChild[l.child], l)
	}
}

func (c *children) remove(l link) {
	c.mu.Lock()
	defer c.mu.Unlock()
	drop(c.byParent, l.parent, l)
	drop(c.byChild, l.child, l)
}

func drop(m map[uint64][]link, id uint64, l link) {
	m[id] = slices.DeleteFunc(m[id], func(x link) bool { return x == l })
	if len(m[id]) == 0 {
		delete(m, id)
	}
}

// of returns the link of a task.
func (c *children) of(parent uint64, task asl.TaskID) (link, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, l := range c.byParent[parent] {
		if l.task == task {
			return l, true
		}
	}
	return link{}, false
}

// changed queues the links of an execution: as a parent, whose tasks may have been given up, and
// once it has ended also as a child.
func (c *children) changed(id uint64, ended bool) {
	c.mu.Lock()
	links := slices.Clone(c.byParent[id])
	if ended {
		links = append(links, c.byChild[id]...)
	}
	c.mu.Unlock()
	c.push(links...)
}

// push queues links.
func (c *children) push(links ...link) {
	if len(links) == 0 {
		return
	}
	c.mu.Lock()
	c.queue = append(c.queue, links...)
	c.mu.Unlock()
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

func (c *children) pop() (link, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.queue) == 0 {
		return link{}, false
	}
	l := c.queue[0]
	c.queue = c.queue[1:]
	return l, true
}

// settling is the maximum number of links that are looked at concurrently.
const settling = 64

// settleChildren looks at queued links until ctx is done.
func (s *Service) settleChildren(ctx context.Context) {
	slots := make(chan struct{}, settling)
	for {
		l, ok := s.children.pop()
		if !ok {
			select {
			case <-s.children.wake:
				continue
			case <-ctx.Done():
				return
			}
		}
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			return
		}
		go func() {
			defer func() { <-slots }()
			if err := s.settle(ctx, l); err != nil && !errors.Is(err, errClosed) && ctx.Err() == nil {
				s.log.Error("settle child execution", "parent", l.parent, "child", l.child, "error", err)
				s.clock.AfterFunc(retryCommit, func() { s.children.push(l) })
			}
		}()
	}
}
