package sqs

import (
	"context"
	"encoding/json"

	"github.com/orderflow-dev/orderflow/local/awsapi"
)

var api = awsapi.API[*Service]{Name: "sqs", Grants: (*Service).grants, Operations: awsapi.Operations[*Service]{
	"CreateQueue":                  awsapi.Typed((*Service).createQueue),
	"DeleteQueue":                  awsapi.Typed((*Service).deleteQueue),
	"GetQueueUrl":                  awsapi.Typed((*Service).getQueueURL),
	"ListQueues":                   awsapi.Typed((*Service).listQueues),
	"GetQueueAttributes":           awsapi.Typed((*Service).getQueueAttributes),
	"SetQueueAttributes":           awsapi.Typed((*Service).setQueueAttributes),
	"PurgeQueue":                   awsapi.Typed((*Service).purgeQueue),
	"ListDeadLetterSourceQueues":   awsapi.Typed((*Service).listDeadLetterSourceQueues),
	"TagQueue":                     awsapi.Typed((*Service).tagQueue),
	"UntagQueue":                   awsapi.Typed((*Service).untagQueue),
	"ListQueueTags":                awsapi.Typed((*Service).listQueueTags),
	"SendMessage":                  awsapi.Typed((*Service).sendMessage),
	"SendMessageBatch":             awsapi.Typed((*Service).sendMessageBatch),
	"ReceiveMessage":               awsapi.Typed((*Service).receiveMessage),
	"DeleteMessage":                awsapi.Typed((*Service).deleteMessage),
	"DeleteMessageBatch":           awsapi.Typed((*Service).deleteMessageBatch),
	"ChangeMessageVisibility":      awsapi.Typed((*Service).changeMessageVisibility),
	"ChangeMessageVisibilityBatch": awsapi.Typed((*Service).changeMessageVisibilityBatch),
	"StartMessageMoveTask":         awsapi.Typed((*Service).startMessageMoveTask),
	"ListMessageMoveTasks":         awsapi.Typed((*Service).listMessageMoveTasks),
	"CancelMessageMoveTask":        awsapi.Typed((*Service).cancelMessageMoveTask),
}}

// Do implements awsapi.Service: one operation of the Amazon SQS API, AWS JSON 1.0.
// FIFO queues and permissions by AddPermission are not implemented.
func (s *Service) Do(ctx context.Context, op string, input json.RawMessage) (any, error) {
	return api.Do(ctx, s, op, input)
}

// Open implements awsapi.Opener.
func (s *Service) Open(op string, in awsapi.Input) (awsapi.Call, error) { return api.Open(s, op, in) }

// actions maps operations to their IAM action where it has another name.
var actions = map[string]string{
	"SendMessageBatch":             "SendMessage",
	"DeleteMessageBatch":           "DeleteMessage",
	"ChangeMessageVisibilityBatch": "ChangeMessageVisibility",
}

// Grants implements awsapi.Service.
func (s *Service) Grants(op string, input json.RawMessage) []awsapi.Grant {
	return api.GrantsOf(s, op, input)
}

// grants is Grants by the input. A redrive acts for its caller: it needs what it does on both
// queues.
func (s *Service) grants(op string, input any) []awsapi.Grant {
	var in struct {
		QueueURL       string `json:"QueueUrl"`
		QueueName      string
		SourceARN      string `json:"SourceArn"`
		DestinationARN string `json:"DestinationArn"`
		TaskHandle     string
	}
	awsapi.Members(&in, input)
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
