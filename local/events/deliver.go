package events

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/orderflow-dev/orderflow/local/awsapi"
	"github.com/orderflow-dev/orderflow/local/outbox"
)

// delivery is one event for one target. The target is as it was when the event matched.
type delivery struct {
	ID       string          `json:"id"` // the same in all attempts
	Rule     string          `json:"rule"`
	RuleName string          `json:"ruleName"`
	Target   Target          `json:"target"`
	Event    json.RawMessage `json:"event"`
	Ingested time.Time       `json:"ingested"`
	Hops     int             `json:"hops,omitempty"` // buses the event has passed through
}

// ServiceIdentity is the access key id of EventBridge itself, which queue, topic and function
// policies name as events.amazonaws.com.
const ServiceIdentity = "service/events.amazonaws.com"

const (
	defaultAttempts = 185
	defaultAge      = 24 * time.Hour
	firstBackoff    = time.Second
	maxBackoff      = 8 * time.Minute // 185 retries take about 24 hours
	maxHops         = 5
)

type sourceKey struct{}

// SourceARN is the ARN of the rule for which a target is called (the condition key aws:SourceArn),
// empty outside of such a call.
func SourceARN(ctx context.Context) string {
	arn, _ := ctx.Value(sourceKey{}).(string)
	return arn
}

// deliver makes one attempt of a delivery. An event that cannot be delivered goes to the target's
// dead-letter queue, if it has one.
func (s *Service) deliver(ctx context.Context, out outbox.Delivery) outbox.Result {
	var d delivery
	var last failure
	err := json.Unmarshal(out.Payload, &d)
	if err == nil && len(out.Note) > 0 {
		err = json.Unmarshal(out.Note, &last)
	}
	if err != nil {
		s.o.Logger.Error("drop malformed delivery", "error", err)
		return outbox.Result{Done: true}
	}
	age := s.clock.Since(out.Created)
	if last.Dead {
		return s.bury(ctx, &d, out, last)
	}
	if out.Attempt > 1 && age >= d.Target.maxAge() {
		last.Condition = "MaximumEventAgeInSeconds"
		return s.bury(ctx, &d, out, last)
	}
	input, err := d.input()
	if err == nil {
		err = s.invoke(ctx, &d, input)
	}
	if err == nil {
		return outbox.Result{Done: true}
	}
	f := classify(err)
	f.Retries = out.Attempt - 1
	switch {
	case !f.retry:
		return s.bury(ctx, &d, out, f)
	case f.Retries >= d.Target.maxRetries():
		f.Condition = "MaximumRetryAttempts"
		return s.bury(ctx, &d, out, f)
	}
	return outbox.Result{After: min(backoff(out.Attempt), max(d.Target.maxAge()-age, 0)), Note: f.note()}
}

// backoff doubles from a second to maxBackoff.
func backoff(attempt int) time.Duration {
	if attempt > 9 {
		return maxBackoff
	}
	return min(firstBackoff<<(attempt-1), maxBackoff)
}

// group is the MessageGroupId of a message to a queue.
func (t *Target) group() string {
	if t.SQSParameters == nil {
		return ""
	}
	return t.SQSParameters.MessageGroupID
}

func (t *Target) maxRetries() int {
	if t.RetryPolicy == nil || t.RetryPolicy.MaximumRetryAttempts == nil {
		return defaultAttempts
	}
	return *t.RetryPolicy.MaximumRetryAttempts
}

func (t *Target) maxAge() time.Duration {
	if t.RetryPolicy == nil || t.RetryPolicy.MaximumEventAgeInSeconds == nil {
		return defaultAge
	}
	return time.Duration(*t.RetryPolicy.MaximumEventAgeInSeconds) * time.Second
}

// as returns the context of a call to a target, with the identity of the target's role, or of
// EventBridge itself on behalf of the rule.
func (d *delivery) as(ctx context.Context) context.Context {
	ctx = context.WithValue(ctx, sourceKey{}, d.Rule)
	if d.Target.RoleARN != "" {
		return awsapi.WithIdentity(ctx, awsapi.Identity{AccessKey: "role/" + awsapi.ResourceName(d.Target.RoleARN)})
	}
	return awsapi.WithIdentity(ctx, awsapi.Identity{AccessKey: ServiceIdentity})
}

// invoke hands the input to the target.
func (s *Service) invoke(ctx context.Context, d *delivery, input []byte) error {
	ctx = d.as(ctx)
	var err error
	switch arn := d.Target.ARN; d.Target.service() {
	case "sqs":
		_, err = s.o.Call(ctx, "sqs", "SendMessage",
			sendMessage{QueueURL: awsapi.QueueURL(arn), MessageBody: string(input), MessageGroupID: d.Target.group()})
	case "sns":
		_, err = s.o.Call(ctx, "sns", "Publish", map[string]string{"TopicArn": arn, "Message": string(input)})
	case "states":
		// Because of the name, a repeated attempt starts the same execution.
		_, err = s.o.Call(ctx, "states", "StartExecution",
			map[string]string{"stateMachineArn": arn, "name": d.ID, "input": string(input)})
	case "lambda":
		err = s.o.InvokeAsync(ctx, arn, input)
	case "events":
		err = s.forward(d)
	default:
		err = awsapi.NotImplemented("targets of the kind " + arn)
	}
	return err
}

// forward puts the event on another bus, unchanged.
func (s *Service) forward(d *delivery) error {
	if d.Hops >= maxHops {
		return invalid("the event passed through %d buses", d.Hops)
	}
	name := busName(d.Target.ARN)
	s.mu.RLock()
	_, ok := s.buses[name]
	s.mu.RUnlock()
	if !ok {
		return notFound("Event bus %s does not exist.", name)
	}
	return s.accept([]accepted{{bus: name, text: d.Event, hops: d.Hops + 1}})
}

type sendMessage struct {
	QueueURL          string                      `json:"QueueUrl"`
	MessageBody       string                      `json:"MessageBody"`
	MessageAttributes map[string]messageAttribute `json:"MessageAttributes,omitempty"`
	MessageGroupID    string                      `json:"MessageGroupId,omitempty"`
}

type messageAttribute struct{ DataType, StringValue string }

// bury sends the event to the target's dead-letter queue. If that fails for a temporary reason, it
// is tried again.
func (s *Service) bury(ctx context.Context, d *delivery, out outbox.Delivery, f failure) outbox.Result {
	dlq := ""
	if d.Target.DeadLetterConfig != nil {
		dlq = d.Target.DeadLetterConfig.ARN
	}
	if dlq == "" {
		s.giveUp(d, f, nil)
		return outbox.Result{Done: true}
	}
	ctx = awsapi.WithIdentity(context.WithValue(ctx, sourceKey{}, d.Rule), awsapi.Identity{AccessKey: ServiceIdentity})
	_, err := s.o.Call(ctx, "sqs", "SendMessage",
		sendMessage{QueueURL: awsapi.QueueURL(dlq), MessageBody: string(d.Event), MessageAttributes: f.attributes(d)})
	if err == nil {
		return outbox.Result{Done: true}
	}
	if !classify(err).retry {
		s.giveUp(d, f, err)
		return outbox.Result{Done: true}
	}
	f.Dead = true
	return outbox.Result{After: backoff(out.Attempt), Note: f.note()}
}

func (s *Service) giveUp(d *delivery, f failure, dlq error) {
	s.o.Logger.Error("event not delivered", "rule", d.Rule, "target", d.Target.ARN, "code", f.Code, "message",
		f.Message, "dead-letter queue", dlq)
}

// failure is why an attempt failed, as the attributes of a dead letter report it.
type failure struct {
	Code      string `json:"code"`
	Message   string `json:"message"`
	Condition string `json:"condition,omitempty"`
	Retries   int    `json:"retries"`
	Dead      bool   `json:"dead,omitempty"` // only the dead-letter queue is left to try
	retry     bool
}

func (f failure) note() []byte {
	text, err := json.Marshal(f)
	if err != nil {
		panic(fmt.Sprintf("encode failure: %v", err)) // strings and numbers alone
	}
	return text
}

// attributes are the message attributes of a dead letter ("Using dead-letter queues to process
// undelivered events", user guide).
func (f failure) attributes(d *delivery) map[string]messageAttribute {
	out := map[string]messageAttribute{
		"RULE_ARN": {"String", d.Rule}, "TARGET_ARN": {"String", d.Target.ARN},
		"ERROR_CODE": {"String", f.Code}, "ERROR_MESSAGE": {"String", f.Message},
		"RETRY_ATTEMPTS": {"Number", fmt.Sprint(f.Retries)},
	}
	if f.Condition != "" {
		out["EXHAUSTED_RETRY_CONDITION"] = messageAttribute{"String", f.Condition}
	}
	return out
}

// classify returns the error code of a dead letter, and reports whether another attempt may
// succeed: missing permissions and missing resources are not retried.
func classify(err error) failure {
	f := failure{Code: "INTERNAL_ERROR", Message: err.Error(), retry: true}
	e, ok := errors.AsType[*awsapi.Error](err)
	if !ok {
		return f
	}
	switch e.Type {
	case "AccessDeniedException", "AccessDenied", "AuthorizationError":
		f.Code, f.retry = "NO_PERMISSIONS", false
	case "QueueDoesNotExist", "ResourceNotFoundException", "NotFound", "NotFoundException",
		"StateMachineDoesNotExist", "NotImplemented":
		f.Code, f.retry = "NO_RESOURCE", false
	case "ExecutionAlreadyExists":
		f.Code, f.retry = "RESOURCE_ALREADY_EXISTS", false
	case "ValidationException", "InvalidParameterValue", "InvalidParameter", "InvalidExecutionInput", "InvalidArn",
		"InvalidMessageContents",
		"InvalidRequestContentException", "RequestTooLargeException":
		f.Code, f.retry = "INVALID_PARAMETER", false
	case "ThrottlingException", "TooManyRequestsException", "RequestThrottled", "ExecutionLimitExceeded":
		f.Code = "THROTTLING"
	default:
		if e.HTTPStatus() < 500 {
			f.Code = "SDK_CLIENT_ERROR"
		}
	}
	return f
}
