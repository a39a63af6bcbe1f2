package sqs

import (
	"context"
	"encoding/json"

	"orderflow/local/awsapi"
)

type operation func(s *Service, ctx context.Context, input json.RawMessage) (any, error)

var operations = map[string]operation{
	"CreateQueue":                  typed((*Service).createQueue),
	"DeleteQueue":                  typed((*Service).deleteQueue),
	"GetQueueUrl":                  typed((*Service).getQueueURL),
	"ListQueues":                   typed((*Service).listQueues),
	"GetQueueAttributes":           typed((*Service).getQueueAttributes),
	"SetQueueAttributes":           typed((*Service).setQueueAttributes),
	"PurgeQueue":                   typed((*Service).purgeQueue),
	"ListDeadLetterSourceQueues":   typed((*Service).listDeadLetterSourceQueues),
	"TagQueue":                     typed((*Service).tagQueue),
	"UntagQueue":                   typed((*Service).untagQueue),
	"ListQueueTags":                typed((*Service).listQueueTags),
	"SendMessage":                  typed((*Service).sendMessage),
	"SendMessageBatch":             typed((*Service).sendMessageBatch),
	"ReceiveMessage":               typed((*Service).receiveMessage),
	"DeleteMessage":                typed((*Service).deleteMessage),
	"DeleteMessageBatch":           typed((*Service).deleteMessageBatch),
	"ChangeMessageVisibility":      typed((*Service).changeMessageVisibility),
	"ChangeMessageVisibilityBatch": typed((*Service).changeMessageVisibilityBatch),
	"StartMessageMoveTask":         typed((*Service).startMessageMoveTask),
	"ListMessageMoveTasks":         typed((*Service).listMessageMoveTasks),
	"CancelMessageMoveTask":        typed((*Service).cancelMessageMoveTask),
}

func typed[In any](f func(*Service, context.Context, In) (any, error)) operation {
	return func(s *Service, ctx context.Context, input json.RawMessage) (any, error) {
		var in In
		if err := awsapi.Decode(input, &in); err != nil {
			return nil, err
		}
		return f(s, ctx, in)
	}
}

// Do implements awsapi.Service: one operation of the Amazon SQS API, AWS JSON 1.0.
// FIFO queues and permissions by AddPermission are not implemented.
func (s *Service) Do(ctx context.Context, op string, input json.RawMessage) (any, error) {
	f, ok := operations[op]
	if !ok {
		return nil, awsapi.NotImplemented(op)
	}
	return f(s, ctx, input)
}

// actions gives the IAM action of the operations whose action is not their name.
var actions = map[string]string{
	"SendMessageBatch":             "SendMessage",
	"DeleteMessageBatch":           "DeleteMessage",
	"ChangeMessageVisibilityBatch": "ChangeMessageVisibility",
}

// Grants implements awsapi.Service. A redrive acts for its caller: it needs what it does on both queues.
func (s *Service) Grants(op string, input json.RawMessage) []awsapi.Grant {
	var in struct {
		QueueURL       string `json:"QueueUrl"`
		QueueName      string
		SourceARN      string `json:"SourceArn"`
		DestinationARN string `json:"DestinationArn"`
		TaskHandle     string
	}
	if awsapi.Decode(input, &in) != nil {
		return nil
	}
	action := "sqs:" + op
	if a, ok := actions[op]; ok {
		action = "sqs:" + a
	}
	switch op {
	case "ListQueues":
		return []awsapi.Grant{{Action: action, Resource: "*"}}
	case "CreateQueue", "GetQueueUrl":
		return grant(action, in.QueueName)
	case "ListMessageMoveTasks":
		return grant(action, in.SourceARN)
	case "CancelMessageMoveTask":
		h, err := parseTaskHandle(in.TaskHandle)
		if err != nil {
			return nil
		}
		return grant(action, h.Source)
	case "StartMessageMoveTask":
		return s.moveGrants(in.SourceARN, in.DestinationARN)
	}
	return grant(action, in.QueueURL)
}

func (s *Service) moveGrants(source, destination string) []awsapi.Grant {
	var out []awsapi.Grant
	for _, a := range []string{"StartMessageMoveTask", "ReceiveMessage", "DeleteMessage", "GetQueueAttributes"} {
		out = append(out, grant("sqs:"+a, source)...)
	}
	if destination != "" {
		return append(out, grant("sqs:SendMessage", destination)...)
	}
	for _, name := range s.sourcesOf(ARN(source)) {
		out = append(out, grant("sqs:SendMessage", name)...)
	}
	return out
}

func grant(action, ref string) []awsapi.Grant {
	if ref == "" {
		return nil
	}
	return []awsapi.Grant{{Action: action, Resource: ARN(ref)}}
}
