package sqs

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/orderflow-dev/orderflow/local/awsapi"
	"github.com/orderflow-dev/orderflow/local/store"
)

var queueName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$`)

type createQueueIn struct {
	QueueName  string
	Attributes map[string]string
	Tags       map[string]string `json:"tags"`
}

func (s *Service) createQueue(ctx context.Context, in createQueueIn) (any, error) {
	s.manage.Lock()
	defer s.manage.Unlock()
	if err := checkName(in.QueueName, in.Attributes); err != nil {
		return nil, err
	}
	if q, err := s.queue(in.QueueName); err == nil {
		if err := q.sameAs(in.Attributes); err != nil {
			return nil, err
		}
		return map[string]string{"QueueUrl": urlFor(ctx, in.QueueName)}, nil
	}
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	if err := s.create(in, true); err != nil {
		return nil, err
	}
	return map[string]string{"QueueUrl": urlFor(ctx, in.QueueName)}, nil
}

// Ensure creates the queue, or gives an existing one exactly these attributes, as a deployment
// does. Unlike CreateQueue, it accepts a RedrivePolicy whose dead-letter queue does not exist yet.
func (s *Service) Ensure(name string, attributes map[string]string) error {
	s.manage.Lock()
	defer s.manage.Unlock()
	if err := checkName(name, attributes); err != nil {
		return err
	}
	if q, err := s.queue(name); err == nil {
		return s.update(q, maps.Clone(attributes), false)
	}
	return s.create(createQueueIn{QueueName: name, Attributes: maps.Clone(attributes)}, false)
}

func checkName(name string, attrs map[string]string) error {
	if strings.HasSuffix(name, ".fifo") || attrs["FifoQueue"] == "true" {
		return awsapi.NotImplemented("CreateQueue of a FIFO queue (standard queues only)")
	}
	if name == "" {
		return missingParameter("QueueName")
	}
	if !queueName.MatchString(name) {
		return invalidParameter("Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length")
	}
	return nil
}

// sameAs returns QueueNameExists if an attribute differs from the queue's.
func (q *queue) sameAs(attrs map[string]string) error {
	if _, err := parseSettings(attrs); err != nil {
		return err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	have := q.rec.effective()
	for name, v := range attrs {
		if have[name] != v {
			return awsapi.Errorf("QueueNameExists",
				"A queue already exists with the same name and a different value for attribute %s", name)
		}
	}
	return nil
}

// create writes a new queue. The caller holds manage.
func (s *Service) create(in createQueueIn, checkTarget bool) error {
	cfg, err := parseSettings(in.Attributes)
	if err != nil {
		return err
	}
	if err := s.checkTarget(cfg, checkTarget); err != nil {
		return err
	}
	now := s.clock.Now().Unix()
	rec := queueRecord{Name: in.QueueName, ID: s.lastID + 1, Created: now, Modified: now, Attributes: in.Attributes,
		Tags: in.Tags}
	b := s.st.NewBatch()
	if err := putQueue(b, rec); err != nil {
		return err
	}
	b.SetUint(lastIDKey, rec.ID)
	if err := b.Commit(); err != nil {
		return fmt.Errorf("create queue %s: %w", rec.Name, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lastID = rec.ID
	s.queues[rec.Name] = newQueue(s, rec, cfg)
	return nil
}

// update replaces the attributes of an existing queue. The caller holds manage.
func (s *Service) update(q *queue, attrs map[string]string, checkTarget bool) error {
	cfg, err := parseSettings(attrs)
	if err != nil {
		return err
	}
	if err := s.checkTarget(cfg, checkTarget); err != nil {
		return err
	}
	q.mu.Lock()
	rec := q.rec
	q.mu.Unlock()
	if maps.Equal(rec.Attributes, attrs) {
		return nil
	}
	rec.Attributes, rec.Modified = attrs, s.clock.Now().Unix()
	return s.write(q, rec, cfg)
}

// write commits a changed record and brings it into force. The caller holds manage.
func (s *Service) write(q *queue, rec queueRecord, cfg settings) error {
	b := s.st.NewBatch()
	if err := putQueue(b, rec); err != nil {
		return err
	}
	if err := b.Commit(); err != nil {
		return fmt.Errorf("update queue %s: %w", rec.Name, err)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.rec, q.cfg = rec, cfg
	return nil
}

func (s *Service) checkTarget(cfg settings, check bool) error {
	if !check || cfg.redrive == nil {
		return nil
	}
	if _, err := s.queue(cfg.redrive.DeadLetterTargetARN); err != nil {
		return invalidValue("RedrivePolicy", "Dead letter target does not exist.")
	}
	return nil
}

// putQueue adds the record to the batch; if that fails, it discards the batch.
func putQueue(b *store.Batch, rec queueRecord) error {
	return b.SetJSON(store.NewKey("sqs", "queue", rec.Name), rec)
}

type queueIn struct {
	QueueURL string `json:"QueueUrl"`
}

func (s *Service) deleteQueue(_ context.Context, in queueIn) (any, error) {
	s.manage.Lock()
	defer s.manage.Unlock()
	q, err := s.queue(in.QueueURL)
	if err != nil {
		return nil, err
	}
	if err := q.freeze(); err != nil {
		return nil, err
	}
	b := s.st.NewBatch()
	b.Delete(store.NewKey("sqs", "queue", q.name))
	q.dropMessages(b)
	if err := b.Commit(); err != nil {
		q.thaw(false, false)
		return nil, fmt.Errorf("delete queue %s: %w", q.name, err)
	}
	s.mu.Lock()
	delete(s.queues, q.name)
	s.mu.Unlock()
	q.thaw(true, true)
	return nil, nil
}

func (q *queue) dropMessages(b *store.Batch) {
	for _, table := range []string{"state", "body"} {
		prefix := store.NewKey("sqs", table).Uint(q.id)
		b.DeleteRange(prefix, prefix.End())
	}
}

// purgeQueue deletes every message at once; AWS takes up to a minute for it, and allows one purge a
// minute.
func (s *Service) purgeQueue(_ context.Context, in queueIn) (any, error) {
	q, err := s.queue(in.QueueURL)
	if err != nil {
		return nil, err
	}
	if err := q.freeze(); err != nil {
		return nil, err
	}
	now := s.now()
	if q.purged != 0 && now < q.purged+60_000 {
		q.thaw(false, false)
		return nil,
			awsapi.Errorf("PurgeQueueInProgress", "Only one PurgeQueue operation on %s is allowed every 60 seconds.", q.name)
	}
	b := s.st.NewBatch()
	q.dropMessages(b)
	err = b.Commit()
	if err == nil {
		q.purged = now
	}
	q.thaw(err == nil, false)
	return nil, err
}

func (s *Service) getQueueURL(ctx context.Context, in createQueueIn) (any, error) {
	if in.QueueName == "" {
		return nil, missingParameter("QueueName")
	}
	if _, err := s.queue(in.QueueName); err != nil {
		return nil, err
	}
	return map[string]string{"QueueUrl": urlFor(ctx, in.QueueName)}, nil
}

type listQueuesIn struct {
	QueueNamePrefix string
	QueueURL        string `json:"QueueUrl"`
	MaxResults      int
	NextToken       string
}

func (s *Service) listQueues(ctx context.Context, in listQueuesIn) (any, error) {
	s.mu.RLock()
	names := slices.Collect(maps.Keys(s.queues))
	s.mu.RUnlock()
	names = slices.DeleteFunc(names, func(n string) bool { return !strings.HasPrefix(n, in.QueueNamePrefix) })
	return pageOf(ctx, names, in, "QueueUrls")
}

// pageOf answers one page of queue URLs.
func pageOf(ctx context.Context, names []string, in listQueuesIn, member string) (any, error) {
	if in.MaxResults < 0 || in.MaxResults > 1000 {
		return nil, invalidParameter("MaxResults must be between 1 and 1000.")
	}
	limit := in.MaxResults
	if limit == 0 {
		limit = 1000
	}
	names, next := awsapi.Page(names, in.NextToken, limit)
	if in.MaxResults == 0 {
		next = "" // a caller that sets no MaxResults is not told of more
	}
	urls := make([]string, len(names))
	for i, n := range names {
		urls[i] = urlFor(ctx, n)
	}
	return awsapi.Listing(member, urls, next), nil
}
