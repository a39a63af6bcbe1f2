package sns

import (
	"context"
	"encoding/json"

	"github.com/orderflow-dev/orderflow/local/awsapi"
)

var api = awsapi.API[*Service]{Name: "sns", Grants: (*Service).grants, Operations: awsapi.Operations[*Service]{
	"CreateTopic":               awsapi.Typed((*Service).createTopic),
	"DeleteTopic":               awsapi.Typed((*Service).deleteTopic),
	"ListTopics":                awsapi.Typed((*Service).listTopics),
	"GetTopicAttributes":        awsapi.Typed((*Service).getTopicAttributes),
	"SetTopicAttributes":        awsapi.Typed((*Service).setTopicAttributes),
	"Subscribe":                 awsapi.Typed((*Service).subscribe),
	"Unsubscribe":               awsapi.Typed((*Service).unsubscribe),
	"ListSubscriptions":         awsapi.Typed((*Service).listSubscriptions),
	"ListSubscriptionsByTopic":  awsapi.Typed((*Service).listSubscriptionsByTopic),
	"GetSubscriptionAttributes": awsapi.Typed((*Service).getSubscriptionAttributes),
	"SetSubscriptionAttributes": awsapi.Typed((*Service).setSubscriptionAttributes),
	"Publish":                   awsapi.Typed((*Service).publish),
	"PublishBatch":              awsapi.Typed((*Service).publishBatch),
}}

// Do implements awsapi.Service: one operation of the Amazon SNS API, its input in JSON with the
// members of the API reference.
func (s *Service) Do(ctx context.Context, op string, input json.RawMessage) (any, error) {
	return api.Do(ctx, s, op, input)
}

// Open implements awsapi.Opener.
func (s *Service) Open(op string, in awsapi.Input) (awsapi.Call, error) { return api.Open(s, op, in) }

// Grants implements awsapi.Service.
func (s *Service) Grants(op string, input json.RawMessage) []awsapi.Grant {
	return api.GrantsOf(s, op, input)
}

// grants is Grants by the input.
func (s *Service) grants(op string, input any) []awsapi.Grant {
	var in struct {
		Name      string
		TopicARN  string `json:"TopicArn"`
		TargetARN string `json:"TargetArn"`
	}
	awsapi.Members(&in, input)
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
