package lambda

import (
	"context"
	"encoding/json"

	"github.com/orderflow-dev/orderflow/local/awsapi"
)

// conclusion notifies the destinations and the dead-letter queue. It reports false if one of them
// must be tried again. A notice that cannot be delivered is dropped, with an error in the log, at
// the maximum age of an event.
func (f *function) conclusion(ctx context.Context, p *pending) bool {
	targets := map[string]bool{}
	if p.Ended.Condition == "Success" {
		targets[f.Async.OnSuccess] = false
	} else {
		targets[f.Async.OnFailure] = false
		targets[f.Async.DeadLetter] = true
		f.service.log.Error("asynchronous invocation failed", "function", f.Name, "requestId", p.ID, "condition", p.Ended.Condition)
	}
	for _, arn := range p.Ended.Sent {
		delete(targets, arn)
	}
	delete(targets, "")
	complete := true
	for arn, deadLetter := range targets {
		body, attributes := f.invocationRecord(p), map[string]attribute(nil)
		if deadLetter {
			body, attributes = p.Payload, deadLetterAttributes(p)
		}
		if err := f.deliver(ctx, arn, body, attributes); err != nil {
			f.service.log.Error("deliver invocation record", "function", f.Name, "requestId", p.ID, "destination", arn, "error", err)
			complete = false
			continue
		}
		p.Ended.Sent = append(p.Ended.Sent, arn)
	}
	return complete || f.service.clock.Since(p.Accepted) > 2*f.Async.MaximumEventAge
}

// invocationRecord is what destinations of asynchronous invocations get.
func (f *function) invocationRecord(p *pending) []byte {
	record := struct {
		Version  string           `json:"version"`
		Time     string           `json:"timestamp"`
		Context  requestContext   `json:"requestContext"`
		Payload  json.RawMessage  `json:"requestPayload"`
		Response *responseContext `json:"responseContext,omitempty"`
		Reply    json.RawMessage  `json:"responsePayload,omitempty"`
	}{
		Version: "1.0", Time: f.service.clock.Now().UTC().Format(timestampLayout), Payload: p.Payload, Reply: p.Ended.Reply,
		Context: requestContext{p.ID, f.ARN + ":$LATEST", p.Ended.Condition, p.Attempts},
	}
	if p.Attempts > 0 {
		record.Response = &responseContext{200, "$LATEST", p.Ended.Error}
	}
	body, err := json.Marshal(record)
	if err != nil { // every member is valid JSON
		panic("lambda: marshal invocation record: " + err.Error())
	}
	return body
}

// deadLetterAttributes go with the event to a dead-letter queue or topic.
func deadLetterAttributes(p *pending) map[string]attribute {
	message := p.Ended.Condition
	if p.Ended.Reply != nil {
		var e struct {
			Message string `json:"errorMessage"`
		}
		if err := json.Unmarshal(p.Ended.Reply, &e); err == nil && e.Message != "" {
			message = e.Message
		}
	}
	if len(message) > 1024 {
		message = message[:1024]
	}
	return map[string]attribute{
		"RequestID":    {"String", p.ID},
		"ErrorCode":    {"Number", "200"},
		"ErrorMessage": {"String", message},
	}
}

var _ awsapi.HTTPService = (*Service)(nil)
