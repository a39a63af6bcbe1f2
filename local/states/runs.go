package states

import (
	"fmt"
	"sync"

	"github.com/orderflow-dev/orderflow/local/asl"
)

const shards = 64

// runs are the executions in memory, by number.
type runs struct{ shard [shards]runShard }

type runShard struct {
	mu sync.Mutex
	m  map[uint64]*run
	_  [40]byte // one cache line each
}

func (l *runs) init() {
	for i := range l.shard {
		l.shard[i].m = map[uint64]*run{}
	}
}

func (l *runs) of(id uint64) *runShard { return &l.shard[id%shards] }

// insert adds a run that is not yet visible to other callers.
func (l *runs) insert(r *run) {
	sh := l.of(r.rec.ID)
	sh.mu.Lock()
	sh.m[r.rec.ID] = r
	sh.mu.Unlock()
}

func (l *runs) remove(r *run) {
	sh := l.of(r.rec.ID)
	sh.mu.Lock()
	if sh.m[r.rec.ID] == r {
		delete(sh.m, r.rec.ID)
	}
	sh.mu.Unlock()
}

// acquire returns the execution, locked. It loads the execution from its journal if necessary. The
// caller releases it.
func (s *Service) acquire(id uint64) (*run, error) {
	for {
		sh := s.runs.of(id)
		sh.mu.Lock()
		r, ok := sh.m[id]
		if ok {
			sh.mu.Unlock()
			r.mu.Lock()
			if !r.gone {
				return r, nil
			}
			r.mu.Unlock() // dropped between the two locks
			continue
		}
		r = &run{s: s, rec: execution{ID: id}}
		r.mu.Lock()
		sh.m[id] = r
		sh.mu.Unlock()
		if err := r.load(); err != nil {
			r.drop()
			r.mu.Unlock()
			return nil, fmt.Errorf("load execution %d: %w", id, err)
		}
		return r, nil
	}
}

// load rebuilds the execution from its journal, and performs the outstanding commands of a running
// one.
func (r *run) load() error {
	s, id := r.s, r.rec.ID
	data, err := s.store.Get(executionKey(id))
	if err != nil {
		return err
	}
	if r.rec, err = decodeExecution(id, data); err != nil {
		return err
	}
	rev, err := s.revision(r.rec.Machine, r.rec.Revision)
	if err != nil {
		return err
	}
	var history []asl.Event
	prefix := historyKeys.Clone().Uint(id)
	for p, err := range s.store.Scan(prefix, prefix.End()) {
		if err != nil {
			return err
		}
		if history, err = asl.DecodeEvents(history, p.Value); err != nil {
			return fmt.Errorf("decode journal: %w", err)
		}
		r.step = int64(lastUint(p.Key))
	}
	x, rest, commands, err := asl.Restore(rev.machine, s.info(&r.rec, rev), history)
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	r.x, r.role = x, rev.RoleARN
	if r.rec.Status != asl.Running {
		return nil
	}
	if data, err := s.store.Get(runningKey(id)); err == nil {
		if r.mark, _, err = decodeMark(data); err != nil {
			return err
		}
		r.marked = true
	}
	return r.commit(rest, commands, nil)
}

// info returns what the execution knows about itself: the same whenever it is loaded.
func (s *Service) info(e *execution, rev *revision) asl.Info {
	return asl.Info{
		ExecutionARN: s.arns.execution(e.Machine, e.Name), Name: e.Name, RoleARN: rev.RoleARN,
		StateMachineARN: s.arns.machine(e.Machine), StateMachineName: e.Machine,
		Region: s.opt.Region, StartTime: e.Start.Time(), Seed: e.Seed,
	}
}
