package sqs

import (
	"context"
	"maps"
	"strconv"
	"time"

	"github.com/orderflow-dev/orderflow/local/awsapi"
)

// Attributes is a queue's settings and its message counts.
type Attributes struct {
	Name, ARN, URL    string
	VisibilityTimeout time.Duration
	Delay, Retention  time.Duration
	ReceiveWait       time.Duration
	Policy            string // the resource policy, JSON; may be empty
	DeadLetterARN     string // empty if the queue has no dead-letter queue
	MaxReceiveCount   int

	Visible, InFlight, Delayed int
}

// Attributes returns the attributes of the queue of the given name, URL or ARN. It returns
// QueueDoesNotExist if there is none.
func (s *Service) Attributes(ref string) (Attributes, error) {
	q, err := s.begin(ref)
	if err != nil {
		return Attributes{}, err
	}
	defer q.end()
	q.mu.Lock()
	defer q.mu.Unlock()
	q.settle(s.now())
	a := Attributes{
		Name: q.name, ARN: ARN(q.name), URL: URL(q.name),
		VisibilityTimeout: q.cfg.visibility, Delay: q.cfg.delay, Retention: q.cfg.retention, ReceiveWait: q.cfg.wait,
		Policy: q.rec.Attributes["Policy"],
	}
	if q.cfg.redrive != nil {
		a.DeadLetterARN, a.MaxReceiveCount = q.cfg.redrive.DeadLetterTargetARN, int(q.cfg.redrive.MaxReceiveCount)
	}
	a.Visible, a.InFlight, a.Delayed = q.counts(s.now())
	return a, nil
}

// Policies are the resource policies of the queues, by ARN; empty for a queue that has none.
func (s *Service) Policies() map[string]string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	out := map[string]string{}
	for name, q := range s.queues {
		q.mu.Lock()
		out[ARN(name)] = q.rec.Attributes["Policy"]
		q.mu.Unlock()
	}
	return out
}

// counts leaves out messages past their retention; the next receive deletes them. The caller holds
// mu.
func (q *queue) counts(now int64) (visible, inFlight, delayed int) {
	limit := now - millis(q.cfg.retention)
	if q.oldest > limit {
		return q.ready.len(), len(q.entries) - q.ready.len() - q.delayed, q.delayed
	}
	q.oldest = 0
	for _, e := range q.entries {
		q.sawSent(e)
		if e.sent <= limit {
			continue
		}
		switch {
		case e.heap == &q.ready:
			visible++
		case e.delayed:
			delayed++
		default:
			inFlight++
		}
	}
	return visible, inFlight, delayed
}

type queueAttributesIn struct {
	QueueURL       string `json:"QueueUrl"`
	AttributeNames []string
}

func (s *Service) getQueueAttributes(_ context.Context, in queueAttributesIn) (any, error) {
	a, err := s.Attributes(in.QueueURL)
	if err != nil {
		return nil, err
	}
	q, err := s.queue(in.QueueURL)
	if err != nil {
		return nil, err
	}
	all := q.describe(a)
	out := map[string]string{}
	for _, name := range in.AttributeNames {
		if name == "All" {
			out = all
			break
		}
		if v, ok := all[name]; ok {
			out[name] = v
		} else if _, known := texts[name]; !known {
			return nil, awsapi.Errorf("InvalidAttributeName", "Unknown Attribute %s.", name)
		}
	}
	if len(out) == 0 {
		return map[string]any{}, nil
	}
	return map[string]any{"Attributes": out}, nil
}

func (q *queue) describe(a Attributes) map[string]string {
	q.mu.Lock()
	defer q.mu.Unlock()
	out := q.rec.effective()
	out["QueueArn"] = a.ARN
	out["ApproximateNumberOfMessages"] = strconv.Itoa(a.Visible)
	out["ApproximateNumberOfMessagesNotVisible"] = strconv.Itoa(a.InFlight)
	out["ApproximateNumberOfMessagesDelayed"] = strconv.Itoa(a.Delayed)
	out["CreatedTimestamp"] = strconv.FormatInt(q.rec.Created, 10)
	out["LastModifiedTimestamp"] = strconv.FormatInt(q.rec.Modified, 10)
	return out
}

// merged is the queue's attributes with some of them replaced. The caller holds manage.
func (q *queue) merged(attrs map[string]string) map[string]string {
	q.mu.Lock()
	defer q.mu.Unlock()
	out := map[string]string{}
	maps.Copy(out, q.rec.Attributes)
	maps.Copy(out, attrs)
	return out
}

type setAttributesIn struct {
	QueueURL   string `json:"QueueUrl"`
	Attributes map[string]string
}

func (s *Service) setQueueAttributes(_ context.Context, in setAttributesIn) (any, error) {
	s.manage.Lock()
	defer s.manage.Unlock()
	q, err := s.queue(in.QueueURL)
	if err != nil {
		return nil, err
	}
	if len(in.Attributes) == 0 {
		return nil, missingParameter("Attributes")
	}
	_, check := in.Attributes["RedrivePolicy"]
	return nil, s.update(q, q.merged(in.Attributes), check)
}
