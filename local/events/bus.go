package events

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/orderflow-dev/orderflow/local/awsapi"
	"github.com/orderflow-dev/orderflow/local/store"
)

// busRecord is an event bus in the store. The default bus has no record.
type busRecord struct {
	Name        string
	Description string `json:",omitempty"`
	Created     int64  // Unix seconds
}

var busNames = regexp.MustCompile(`^[/.\-_A-Za-z0-9]{1,256}$`)

type busIn struct{ Name, Description string }

// EnsureBus creates the bus of the given name or ARN if it is missing.
func (s *Service) EnsureBus(ref string) error {
	_, err := s.createEventBus(context.Background(), busIn{Name: busName(ref)})
	if e, ok := errors.AsType[*awsapi.Error](err); ok && e.Type == "ResourceAlreadyExistsException" {
		return nil
	}
	return err
}

func (s *Service) createEventBus(_ context.Context, in busIn) (any, error) {
	s.manage.Lock()
	defer s.manage.Unlock()
	if !busNames.MatchString(in.Name) || strings.Contains(in.Name, "/") {
		return nil, invalid("Event bus name must not contain '/' and consist of letters, digits, '.', '-' and '_'.")
	}
	s.mu.RLock()
	_, exists := s.buses[in.Name]
	s.mu.RUnlock()
	if exists {
		return nil, awsapi.Errorf("ResourceAlreadyExistsException", "Event bus %s already exists.", in.Name)
	}
	rec := busRecord{in.Name, in.Description, s.clock.Now().Unix()}
	b := s.st.NewBatch()
	if err := b.SetJSON(store.NewKey("events", "bus", in.Name), rec); err != nil {
		return nil, err
	}
	if err := b.Commit(); err != nil {
		return nil, fmt.Errorf("create event bus %s: %w", in.Name, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.buses[in.Name] = &bus{rec: rec, rules: map[string]*rule{}}
	return map[string]string{"EventBusArn": BusARN(in.Name)}, nil
}

func (r *busRecord) describe() map[string]any {
	out := map[string]any{"Name": r.Name, "Arn": BusARN(r.Name)}
	if r.Created != 0 {
		out["CreationTime"], out["LastModifiedTime"] = r.Created, r.Created
	}
	if r.Description != "" {
		out["Description"] = r.Description
	}
	return out
}

func (s *Service) describeEventBus(_ context.Context, in busIn) (any, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	b := s.buses[busName(in.Name)]
	if b == nil {
		return nil, notFound("Event bus %s does not exist.", busName(in.Name))
	}
	return b.rec.describe(), nil
}

func (s *Service) listEventBuses(_ context.Context, in listIn) (any, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var names []string
	for n := range s.buses {
		if strings.HasPrefix(n, in.NamePrefix) {
			names = append(names, n)
		}
	}
	names, next := in.page(names)
	out := make([]map[string]any, len(names))
	for i, n := range names {
		out[i] = s.buses[n].rec.describe()
	}
	return awsapi.Listing("EventBuses", out, next), nil
}

// deleteEventBus succeeds for a bus that does not exist, as on AWS.
func (s *Service) deleteEventBus(_ context.Context, in busIn) (any, error) {
	s.manage.Lock()
	defer s.manage.Unlock()
	name := busName(in.Name)
	if name == defaultBus {
		return nil, invalid("Cannot delete event bus default.")
	}
	rules, err := s.rulesOf(name)
	if err != nil {
		return nil, nil
	}
	if len(rules) > 0 {
		return nil, invalid("Event bus can't be deleted since it has rules.")
	}
	b := s.st.NewBatch()
	b.Delete(store.NewKey("events", "bus", name))
	if err := b.Commit(); err != nil {
		return nil, fmt.Errorf("delete event bus %s: %w", name, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.buses, name)
	return nil, nil
}
