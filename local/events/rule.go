package events

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"unicode/utf8"

	"github.com/orderflow-dev/orderflow/local/awsapi"
	"github.com/orderflow-dev/orderflow/local/pattern"
	"github.com/orderflow-dev/orderflow/local/store"
)

const (
	enabled    = "ENABLED"
	disabled   = "DISABLED"
	enabledAll = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
)

// ruleRecord is a rule in the store, with its targets.
type ruleRecord struct {
	Name               string
	Bus                string
	EventPattern       string `json:",omitempty"`
	ScheduleExpression string `json:",omitempty"`
	State              string
	Description        string   `json:",omitempty"`
	RoleARN            string   `json:"RoleArn,omitempty"`
	Targets            []Target `json:"Targets,omitempty"`
}

func (r *ruleRecord) arn() string { return RuleARN(r.Bus, r.Name) }

// compile makes a rule ready for use. It returns InvalidEventPatternException or
// ValidationException.
func (r ruleRecord) compile() (*rule, error) {
	out := &rule{ruleRecord: r}
	var err error
	if r.EventPattern != "" {
		if out.pattern, err = pattern.Compile([]byte(r.EventPattern)); err != nil {
			return nil, badPattern(err)
		}
	}
	if r.ScheduleExpression != "" {
		if out.schedule, err = parseSchedule(r.ScheduleExpression); err != nil {
			return nil, invalid("Parameter ScheduleExpression is not valid.")
		}
	}
	return out, nil
}

// compileAfter is compile for a change of old, which may be nil. An unchanged part is not compiled
// again: a rule that cannot be read, stored by an earlier version, must still lose its targets.
func (r ruleRecord) compileAfter(old *rule) (*rule, error) {
	if old != nil && old.EventPattern == r.EventPattern && old.ScheduleExpression == r.ScheduleExpression {
		return &rule{ruleRecord: r, pattern: old.pattern, schedule: old.schedule}, nil
	}
	return r.compile()
}

func badPattern(err error) error {
	return awsapi.Errorf("InvalidEventPatternException", "%s", err.Error())
}

// Limits of PutRule: API reference.
const (
	maxPatternBytes  = 4096
	maxScheduleBytes = 256
	maxDescription   = 512 // characters
)

var ruleName = regexp.MustCompile(`^[.\-_A-Za-z0-9]{1,64}$`)

type putRuleIn struct {
	Name, EventBusName, EventPattern, ScheduleExpression, State, Description string
	RoleARN                                                                  string `json:"RoleArn"`
}

func (s *Service) putRule(_ context.Context, in putRuleIn) (any, error) {
	s.manage.Lock()
	defer s.manage.Unlock()
	rec := ruleRecord{
		Name: in.Name, Bus: busName(in.EventBusName), EventPattern: in.EventPattern,
		ScheduleExpression: in.ScheduleExpression,
		State:              in.State, Description: in.Description, RoleARN: in.RoleARN,
	}
	if rec.State == "" {
		rec.State = enabled
	}
	old, err := s.rule(in.EventBusName, in.Name)
	if errors.Is(err, errNoRule) {
		old, err = nil, nil
	}
	if err != nil {
		return nil, err
	}
	if err := rec.check(); err != nil {
		return nil, err
	}
	if old != nil {
		rec.Targets = old.Targets
	}
	if err := s.save(rec, old); err != nil {
		return nil, err
	}
	return map[string]string{"RuleArn": rec.arn()}, nil
}

func (r *ruleRecord) check() error {
	switch {
	case !ruleName.MatchString(r.Name):
		return invalid("1 validation error detected: Value '%s' at 'name' failed to satisfy constraint: Member must "+
			"satisfy regular expression pattern: [\\.\\-_A-Za-z0-9]+", r.Name)
	case len(r.EventPattern) > maxPatternBytes:
		return invalid("1 validation error detected: Value at 'eventPattern' failed to satisfy constraint: Member "+
			"must have length less than or equal to %d", maxPatternBytes)
	case len(r.ScheduleExpression) > maxScheduleBytes:
		return invalid("1 validation error detected: Value at 'scheduleExpression' failed to satisfy constraint: "+
			"Member must have length less than or equal to %d", maxScheduleBytes)
	case utf8.RuneCountInString(r.Description) > maxDescription:
		return invalid("1 validation error detected: Value at 'description' failed to satisfy constraint: Member must "+
			"have length less than or equal to %d", maxDescription)
	case r.EventPattern == "" && r.ScheduleExpression == "":
		return invalid("Parameter(s) EventPattern or ScheduleExpression must be specified.")
	case r.ScheduleExpression != "" && r.Bus != defaultBus:
		return invalid("ScheduleExpression is supported only on the default event bus.")
	case !slices.Contains([]string{enabled, disabled, enabledAll}, r.State):
		return invalid("1 validation error detected: Value '%s' at 'state' failed to satisfy constraint", r.State)
	}
	_, err := r.compile()
	return err
}

// save commits a rule and brings it into force. The schedule starts anew if the rule is new, was
// disabled or has another expression. The caller holds manage.
func (s *Service) save(rec ruleRecord, old *rule) error {
	r, err := rec.compileAfter(old)
	if err != nil {
		return err
	}
	b := s.st.NewBatch()
	if err := b.SetJSON(store.NewKey("events", "rule", rec.Bus, rec.Name), rec); err != nil {
		return err
	}
	if r.schedule != nil && rec.on() {
		if old != nil && old.on() && old.ScheduleExpression == rec.ScheduleExpression {
			r.next = s.nextOf(old)
		} else {
			r.next = r.after(s.clock.Now())
		}
		b.SetUint(nextKey(rec), uint64(r.next))
	}
	if err := b.Commit(); err != nil {
		return fmt.Errorf("put rule %s: %w", rec.Name, err)
	}
	s.mu.Lock()
	s.buses[rec.Bus].rules[rec.Name] = r
	s.mu.Unlock()
	s.poke()
	return nil
}

// Rule is a rule with all of its targets. State is ENABLED (if empty) or DISABLED.
type Rule struct {
	Bus, Name, EventPattern, ScheduleExpression, State, Description, RoleARN string
	Targets                                                                  []Target
}

// EnsureRule creates the rule, and its bus if it is missing, or makes an existing rule exactly
// this, as a deployment does. An unchanged schedule continues.
func (s *Service) EnsureRule(r Rule) error {
	if err := s.EnsureBus(r.Bus); err != nil {
		return err
	}
	s.manage.Lock()
	defer s.manage.Unlock()
	rec := ruleRecord{
		Name: r.Name, Bus: busName(r.Bus), EventPattern: r.EventPattern, ScheduleExpression: r.ScheduleExpression,
		State:       r.State,
		Description: r.Description, RoleARN: r.RoleARN, Targets: slices.Clone(r.Targets),
	}
	if rec.State == "" {
		rec.State = enabled
	}
	if err := rec.check(); err != nil {
		return err
	}
	if err := checkCount(rec.Targets); err != nil {
		return fmt.Errorf("rule %s: %w", r.Name, err)
	}
	for _, t := range rec.Targets {
		if err := t.check(); err != nil {
			return fmt.Errorf("target %s of rule %s: %w", t.ID, r.Name, err)
		}
	}
	old, err := s.rule(r.Bus, r.Name)
	if errors.Is(err, errNoRule) {
		err = nil
	}
	if err != nil {
		return err
	}
	return s.save(rec, old)
}

var errNoRule = errors.New("rule does not exist")

// rule finds a rule. It returns ResourceNotFoundException for the bus, errNoRule for the rule.
func (s *Service) rule(busRef, name string) (*rule, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	b := s.buses[busName(busRef)]
	if b == nil {
		return nil, notFound("Event bus %s does not exist.", busName(busRef))
	}
	r := b.rules[name]
	if r == nil {
		return nil, errNoRule
	}
	return r, nil
}

// existing is rule for operations that require the rule to exist.
func (s *Service) existing(busRef, name string) (*rule, error) {
	r, err := s.rule(busRef, name)
	if errors.Is(err, errNoRule) {
		return nil, notFound("Rule %s does not exist on EventBus %s.", name, busName(busRef))
	}
	return r, err
}

type ruleIn struct{ Name, Rule, EventBusName string }

func (s *Service) describeRule(_ context.Context, in ruleIn) (any, error) {
	r, err := s.existing(in.EventBusName, in.Name)
	if err != nil {
		return nil, err
	}
	out := r.describe()
	out["CreatedBy"] = awsapi.Account
	return out, nil
}

func (r *ruleRecord) describe() map[string]any {
	out := map[string]any{"Name": r.Name, "Arn": r.arn(), "EventBusName": r.Bus, "State": r.State}
	for name, v := range map[string]string{
		"EventPattern": r.EventPattern, "ScheduleExpression": r.ScheduleExpression, "Description": r.Description,
		"RoleArn": r.RoleARN,
	} {
		if v != "" {
			out[name] = v
		}
	}
	return out
}

func (s *Service) enableRule(_ context.Context, in ruleIn) (any, error) {
	return nil, s.setState(in, enabled)
}

func (s *Service) disableRule(_ context.Context, in ruleIn) (any, error) {
	return nil, s.setState(in, disabled)
}

func (s *Service) setState(in ruleIn, state string) error {
	s.manage.Lock()
	defer s.manage.Unlock()
	r, err := s.existing(in.EventBusName, in.Name)
	if err != nil {
		return err
	}
	rec := r.ruleRecord
	rec.State = state
	return s.save(rec, r)
}

// deleteRule succeeds for a rule that does not exist, as on AWS.
func (s *Service) deleteRule(_ context.Context, in ruleIn) (any, error) {
	s.manage.Lock()
	defer s.manage.Unlock()
	r, err := s.rule(in.EventBusName, in.Name)
	if errors.Is(err, errNoRule) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if len(r.Targets) > 0 {
		return nil, invalid("Rule can't be deleted since it has targets.")
	}
	b := s.st.NewBatch()
	b.Delete(store.NewKey("events", "rule", r.Bus, r.Name))
	b.Delete(nextKey(r.ruleRecord))
	if err := b.Commit(); err != nil {
		return nil, fmt.Errorf("delete rule %s: %w", r.Name, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.buses[r.Bus].rules, r.Name)
	return nil, nil
}
