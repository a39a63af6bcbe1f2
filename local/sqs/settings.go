package sqs

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/orderflow-dev/orderflow/local/awsapi"
)

// Limits of Amazon SQS, from the API reference of CreateQueue, SendMessage and SetQueueAttributes.
const (
	maxMessageBytes = 1 << 20 // a message, and all messages of a batch
	maxBatch        = 10
	maxVisibility   = 12 * time.Hour
	maxDelay        = 15 * time.Minute
	maxWait         = 20 * time.Second
)

// settings are the attributes of a queue that decide what it does.
type settings struct {
	delay, retention, visibility, wait time.Duration
	maxBytes                           int
	redrive                            *redrivePolicy
}

// redrivePolicy is the RedrivePolicy attribute: a message received more often than maxReceiveCount
// moves to the dead-letter queue.
type redrivePolicy struct {
	DeadLetterTargetARN string
	MaxReceiveCount     uint32
}

// numbers are the numeric attributes: default, least and greatest value.
var numbers = map[string]struct{ def, min, max int }{
	"DelaySeconds":                  {0, 0, 900},
	"MaximumMessageSize":            {maxMessageBytes, 1024, maxMessageBytes},
	"MessageRetentionPeriod":        {345600, 60, 1209600},
	"ReceiveMessageWaitTimeSeconds": {0, 0, 20},
	"VisibilityTimeout":             {30, 0, 43200},
}

// texts are the attributes that are stored and returned as they are, with their defaults. Policy is
// evaluated where the permissions of a call are checked.
var texts = map[string]string{
	"Policy": "", "RedrivePolicy": "", "RedriveAllowPolicy": "", "SqsManagedSseEnabled": "true",
	"KmsMasterKeyId": "", "KmsDataKeyReusePeriodSeconds": "",
}

// parseSettings reads the attributes as CreateQueue and SetQueueAttributes take them.
// It returns InvalidAttributeName or InvalidAttributeValue.
func parseSettings(attrs map[string]string) (settings, error) {
	cfg, bad := readSettings(attrs)
	if len(bad) > 0 {
		return settings{}, bad[0]
	}
	return cfg, nil
}

// readSettings reads the valid attributes and reports the others, in the order of their names.
func readSettings(attrs map[string]string) (cfg settings, bad []error) {
	n := map[string]int{}
	for name, r := range numbers {
		n[name] = r.def
	}
	for _, name := range slices.Sorted(maps.Keys(attrs)) {
		if _, text := texts[name]; text {
			if err := checkText(name, attrs[name]); err != nil {
				bad = append(bad, err)
			}
			continue
		}
		v, err := parseNumber(name, attrs[name])
		if err != nil {
			bad = append(bad, err)
			continue
		}
		n[name] = v
	}
	redrive, err := parseRedrive(attrs["RedrivePolicy"])
	if err != nil {
		bad = append(bad, err)
	}
	seconds := func(name string) time.Duration { return time.Duration(n[name]) * time.Second }
	return settings{
		delay: seconds("DelaySeconds"), retention: seconds("MessageRetentionPeriod"),
		visibility: seconds("VisibilityTimeout"),
		wait:       seconds("ReceiveMessageWaitTimeSeconds"), maxBytes: n["MaximumMessageSize"], redrive: redrive,
	}, bad
}

func parseNumber(name, value string) (int, error) {
	r, ok := numbers[name]
	if !ok {
		return 0, awsapi.Errorf("InvalidAttributeName", "Unknown Attribute %s.", name)
	}
	v, err := strconv.Atoi(value)
	if err != nil || v < r.min || v > r.max {
		return 0, invalidValue(name, "")
	}
	return v, nil
}

// checkText refuses what SQS refuses in an attribute that is stored as it is. Empty text removes
// the attribute.
func checkText(name, value string) error {
	if value == "" {
		return nil
	}
	switch name {
	case "Policy":
		var policy struct{ Statement json.RawMessage }
		if json.Unmarshal([]byte(value), &policy) != nil || policy.Statement == nil {
			return invalidValue(name, "")
		}
	case "RedriveAllowPolicy":
		return checkRedriveAllow(value)
	case "SqsManagedSseEnabled":
		if value != "true" && value != "false" {
			return invalidValue(name, "")
		}
	case "KmsDataKeyReusePeriodSeconds":
		if n, err := strconv.Atoi(value); err != nil || n < 60 || n > 86400 {
			return invalidValue(name, "")
		}
	}
	return nil
}

// checkRedriveAllow checks a RedriveAllowPolicy: which queues may name this one as their
// dead-letter queue.
func checkRedriveAllow(value string) error {
	var p struct {
		RedrivePermission string   `json:"redrivePermission"`
		SourceQueueARNs   []string `json:"sourceQueueArns"`
	}
	if err := json.Unmarshal([]byte(value), &p); err != nil {
		return invalidValue("RedriveAllowPolicy", "Amazon SQS can't parse the redrive allow policy.")
	}
	byQueue := p.RedrivePermission == "byQueue"
	if !byQueue && p.RedrivePermission != "allowAll" && p.RedrivePermission != "denyAll" {
		return invalidValue("RedriveAllowPolicy", "Invalid value for redrivePermission.")
	}
	if byQueue != (len(p.SourceQueueARNs) > 0) || len(p.SourceQueueARNs) > 10 {
		return invalidValue("RedriveAllowPolicy",
			"sourceQueueArns must name 1 to 10 queues for byQueue, and no queue otherwise.")
	}
	for _, arn := range p.SourceQueueARNs {
		if !isQueueARN(arn) {
			return invalidValue("RedriveAllowPolicy", "Invalid value for sourceQueueArns.")
		}
	}
	return nil
}

// parseRedrive reads a RedrivePolicy, whose maxReceiveCount may be a number or a text. Empty text
// means none.
func parseRedrive(text string) (*redrivePolicy, error) {
	if text == "" {
		return nil, nil
	}
	var p struct {
		DeadLetterTargetARN string `json:"deadLetterTargetArn"`
		MaxReceiveCount     any    `json:"maxReceiveCount"`
	}
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return nil, invalidValue("RedrivePolicy", "Amazon SQS can't parse the redrive policy.")
	}
	n, err := strconv.ParseUint(fmt.Sprint(p.MaxReceiveCount), 10, 32)
	if err != nil || n < 1 || n > 1000 {
		return nil, invalidValue("RedrivePolicy", "Invalid value for maxReceiveCount: must be between 1 and 1000.")
	}
	if !isQueueARN(p.DeadLetterTargetARN) {
		return nil, invalidValue("RedrivePolicy", "Invalid value for deadLetterTargetArn.")
	}
	return &redrivePolicy{p.DeadLetterTargetARN, uint32(n)}, nil
}

func invalidValue(name, reason string) error {
	if reason == "" {
		return awsapi.Errorf("InvalidAttributeValue", "Invalid value for the parameter %s.", name)
	}
	return awsapi.Errorf("InvalidAttributeValue", "Invalid value for the parameter %s. Reason: %s", name, reason)
}

// effective are all attributes that a queue was given or has by default, as texts; empty ones are
// left out.
func (r *queueRecord) effective() map[string]string {
	out := map[string]string{}
	for name, n := range numbers {
		out[name] = strconv.Itoa(n.def)
	}
	maps.Copy(out, texts)
	maps.Copy(out, r.Attributes)
	maps.DeleteFunc(out, func(_, v string) bool { return v == "" })
	return out
}
