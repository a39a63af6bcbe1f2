package sns

import (
	"context"
	"encoding/json"

	"orderflow/local/awsapi"
)

type operation func(s *Service, ctx context.Context, input json.RawMessage) (any, error)

var operations = map[string]operation{
	"CreateTopic":               typed((*Service).createTopic),
	"DeleteTopic":               typed((*Service).deleteTopic),
	"ListTopics":                typed((*Service).listTopics),
	"GetTopicAttributes":        typed((*Service).getTopicAttributes),
	"SetTopicAttributes":        typed((*Service).setTopicAttributes),
	"Subscribe":                 typed((*Service).subscribe),
	"Unsubscribe":               typed((*Service).unsubscribe),
	"ListSubscriptions":         typed((*Service).listSubscriptions),
	"ListSubscriptionsByTopic":  typed((*Service).listSubscriptionsByTopic),
	"GetSubscriptionAttributes": typed((*Service).getSubscriptionAttributes),
	"SetSubscriptionAttributes": typed((*Service).setSubscriptionAttributes),
	"Publish":                   typed((*Service).publish),
	"PublishBatch":              typed((*Service).publishBatch),
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

// Do implements awsapi.Service: one operation of the Amazon SNS API, its input in JSON with the members of the API reference.
func (s *Service) Do(ctx context.Context, op string, input json.RawMessage) (any, error) {
	f, ok := operations[op]
	if !ok {
		return nil, awsapi.NotImplemented(op)
	}
	return f(s, ctx, input)
}

// Grants implements awsapi.Service.
func (s *Service) Grants(op string, input json.RawMessage) []awsapi.Grant {
	var in struct {
		Name      string
		TopicARN  string `json:"TopicArn"`
		TargetARN string `json:"TargetArn"`
	}
	if awsapi.Decode(input, &in) != nil {
		return nil
	}
	action, resource := "sns:"+op, in.TopicARN
	switch op {
	case "PublishBatch":
		action = "sns:Publish"
	case "Publish":
		if resource == "" {
			resource = in.TargetARN
		}
	case "CreateTopic":
		resource = in.Name
	case "ListTopics", "ListSubscriptions", "Unsubscribe", "GetSubscriptionAttributes", "SetSubscriptionAttributes":
		return []awsapi.Grant{{Action: action, Resource: "*"}}
	}
	if resource == "" {
		return nil
	}
	return []awsapi.Grant{{Action: action, Resource: ARN(resource)}}
}
