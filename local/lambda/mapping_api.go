package lambda

import (
	"cmp"
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"github.com/orderflow-dev/orderflow/local/awsapi"
)

// MappingDescription is an event source mapping as the Lambda API describes it. Times are in
// seconds.
type MappingDescription struct {
	UUID                           string
	EventSourceMappingARN          string `json:"EventSourceMappingArn"`
	EventSourceARN                 string `json:"EventSourceArn"`
	FunctionARN                    string `json:"FunctionArn"`
	State                          string
	StateTransitionReason          string
	LastModified                   float64
	BatchSize                      int
	MaximumBatchingWindowInSeconds int
	FilterCriteria                 *filterCriteria `json:",omitempty"`
	FunctionResponseTypes          []string        `json:",omitempty"`
	ScalingConfig                  *scalingConfig  `json:",omitempty"` // of queues

	// Of streams.
	StartingPosition           string             `json:",omitempty"`
	ParallelizationFactor      int                `json:",omitempty"`
	BisectBatchOnFunctionError *bool              `json:",omitempty"`
	MaximumRetryAttempts       *int               `json:",omitempty"`
	MaximumRecordAgeInSeconds  *int               `json:",omitempty"`
	DestinationConfig          *destinationConfig `json:",omitempty"`
}

type filterCriteria struct{ Filters []filterPattern }

type filterPattern struct{ Pattern string }

type scalingConfig struct{ MaximumConcurrency int }

type destinationConfig struct{ OnFailure destinationARN }

type destinationARN struct{ Destination string }

// describeMapping is what queues and streams have in common. A mapping's UUID follows from its
// function and source, of which AWS allows one mapping: it stays over restarts.
func (s *Service) describeMapping(functionARN, sourceARN string, filters []json.RawMessage, partial bool) MappingDescription {
	id := uuid.NewSHA1(uuid.NameSpaceURL, []byte(functionARN+" "+sourceARN)).String()
	d := MappingDescription{
		UUID: id, EventSourceMappingARN: awsapi.ARN("lambda", "event-source-mapping:"+id),
		EventSourceARN: sourceARN, FunctionARN: functionARN, State: "Enabled", StateTransitionReason: "USER_INITIATED", LastModified: float64(s.since.Unix()),
	}
	if partial {
		d.FunctionResponseTypes = []string{"ReportBatchItemFailures"}
	}
	if len(filters) > 0 {
		d.FilterCriteria = &filterCriteria{}
		for _, f := range filters {
			d.FilterCriteria.Filters = append(d.FilterCriteria.Filters, filterPattern{string(f)})
		}
	}
	return d
}

func (m *queueMapping) describe() MappingDescription {
	d := m.f.service.describeMapping(m.f.ARN, m.QueueARN, m.Filters, m.ReportBatchItemFailures)
	d.BatchSize, d.MaximumBatchingWindowInSeconds = m.BatchSize, seconds(m.BatchingWindow)
	if m.limited {
		d.ScalingConfig = &scalingConfig{m.MaximumConcurrency}
	}
	return d
}

func (m *streamMapping) describe() MappingDescription {
	d := m.f.service.describeMapping(m.f.ARN, m.StreamARN, m.Filters, m.ReportBatchItemFailures)
	d.BatchSize, d.MaximumBatchingWindowInSeconds, d.ParallelizationFactor = m.BatchSize, seconds(m.BatchingWindow), m.ParallelizationFactor
	d.StartingPosition = "TRIM_HORIZON"
	if m.FromLatest {
		d.StartingPosition = "LATEST"
	}
	attempts, age := *m.MaximumRetryAttempts, seconds(m.MaximumRecordAge)
	if attempts == forever {
		attempts = -1
	}
	if m.MaximumRecordAge == streamRetention {
		age = -1
	}
	d.BisectBatchOnFunctionError, d.MaximumRetryAttempts, d.MaximumRecordAgeInSeconds = &m.BisectOnError, &attempts, &age
	if m.OnFailure != "" {
		d.DestinationConfig = &destinationConfig{destinationARN{m.OnFailure}}
	}
	return d
}

func seconds(d time.Duration) int { return int(d / time.Second) }

const maxPage = 100 // mappings of one answer

// listInput is the input of the listings, and of GetEventSourceMapping.
type listInput struct {
	FunctionName   string
	EventSourceARN string `json:"EventSourceArn"`
	UUID           string
	Marker         string
	MaxItems       int
}

// page returns the requested page of ids or names, at most limit of them.
func (in *listInput) page(all []string, limit int) (page []string, next string, err error) {
	if in.MaxItems < 0 || in.MaxItems > 10_000 {
		return nil, "", awsapi.Errorf("InvalidParameterValueException", "MaxItems %d is not between 1 and 10000", in.MaxItems)
	}
	page, next = awsapi.Page(all, in.Marker, min(cmp.Or(in.MaxItems, limit), limit))
	return page, next, nil
}

// marked adds the marker of the next page to a listing.
func marked(out map[string]any, next string) map[string]any {
	if next != "" {
		out["NextMarker"] = next
	}
	return out
}

// listEventSourceMappings lists the mappings of a function, of a source, or of both; without them
// all.
func (s *Service) listEventSourceMappings(_ context.Context, in listInput) (any, error) {
	functionARN := ""
	if in.FunctionName != "" {
		f, err := s.find(in.FunctionName, "")
		if err != nil {
			return nil, err
		}
		functionARN = f.ARN
	}
	found := map[string]MappingDescription{}
	var ids []string
	for _, d := range s.describeMappings() {
		if (functionARN == "" || d.FunctionARN == functionARN) && (in.EventSourceARN == "" || d.EventSourceARN == in.EventSourceARN) {
			found[d.UUID] = d
			ids = append(ids, d.UUID)
		}
	}
	ids, next, err := in.page(ids, maxPage)
	if err != nil {
		return nil, err
	}
	list := make([]MappingDescription, len(ids))
	for i, id := range ids {
		list[i] = found[id]
	}
	return marked(map[string]any{"EventSourceMappings": list}, next), nil
}

func (s *Service) getEventSourceMapping(_ context.Context, in listInput) (any, error) {
	for _, d := range s.describeMappings() {
		if d.UUID == in.UUID {
			return d, nil
		}
	}
	return nil, &awsapi.Error{Type: "ResourceNotFoundException", Message: "The resource you requested does not exist.", Status: 404}
}

func (s *Service) describeMappings() []MappingDescription {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]MappingDescription, len(s.mappings))
	for i, m := range s.mappings {
		list[i] = m.describe()
	}
	return list
}
