package api

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/orderflow-dev/orderflow"
)

// jobs keeps jobs in memory. It is the fixture's, under its lock.
type jobs struct {
	*memory
	all     map[string]orderflow.Job
	members []orderflow.JobMember
	started []string // names of executions
	broken  error    // of StartJob
}

func (j *jobs) AddJob(_ context.Context, job *orderflow.Job, key string, answer []byte, now, expires time.Time) ([]byte, error) {
	earlier, err := j.Answer(context.Background(), key, now)
	if err != nil || earlier != nil {
		return earlier, err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.answers[key] = memoryAnswer{answer, expires}
	j.all[job.ID] = *job
	return nil, nil
}

func (j *jobs) Job(_ context.Context, id string) (*orderflow.Job, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	job, ok := j.all[id]
	if !ok {
		return nil, orderflow.Errorf(orderflow.CodeNotFound, "no job")
	}
	return &job, nil
}

func (j *jobs) SaveJob(_ context.Context, job *orderflow.Job) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.all[job.ID].Version != job.Version {
		return orderflow.Errorf(orderflow.CodeConflict, "changed concurrently")
	}
	job.Version++
	j.all[job.ID] = *job
	return nil
}

func (j *jobs) ListJobs(_ context.Context, after string, limit int) (list []*orderflow.Job, next string, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, job := range j.all {
		if after == "" || job.ID < after {
			list = append(list, &job)
		}
	}
	slices.SortFunc(list, func(a, b *orderflow.Job) int { return strings.Compare(b.ID, a.ID) })
	if len(list) > limit {
		return list[:limit], list[limit-1].ID, nil
	}
	return list, "", nil
}

func (j *jobs) ListMembers(_ context.Context, id, after string, limit int) (list []orderflow.JobMember, next string, err error) {
	for _, m := range j.members {
		if m.JobID == id && m.OrderID > after {
			list = append(list, m)
		}
	}
	if len(list) > limit {
		return list[:limit], list[limit-1].OrderID, nil
	}
	return list, "", nil
}

func (j *jobs) StartJob(_ context.Context, job *orderflow.Job) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.started = append(j.started, job.ExecutionName())
	return j.broken
}
