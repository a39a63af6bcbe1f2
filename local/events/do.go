package events

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/orderflow-dev/orderflow/local/awsapi"
)

var api = awsapi.API[*Service]{Name: "events", Grants: (*Service).grants, Operations: awsapi.Operations[*Service]{
	"PutEvents":             awsapi.Typed((*Service).putEvents),
	"CreateEventBus":        awsapi.Typed((*Service).createEventBus),
	"DescribeEventBus":      awsapi.Typed((*Service).describeEventBus),
	"ListEventBuses":        awsapi.Typed((*Service).listEventBuses),
	"DeleteEventBus":        awsapi.Typed((*Service).deleteEventBus),
	"PutRule":               awsapi.Typed((*Service).putRule),
	"DescribeRule":          awsapi.Typed((*Service).describeRule),
	"ListRules":             awsapi.Typed((*Service).listRules),
	"DeleteRule":            awsapi.Typed((*Service).deleteRule),
	"EnableRule":            awsapi.Typed((*Service).enableRule),
	"DisableRule":           awsapi.Typed((*Service).disableRule),
	"PutTargets":            awsapi.Typed((*Service).putTargets),
	"RemoveTargets":         awsapi.Typed((*Service).removeTargets),
	"ListTargetsByRule":     awsapi.Typed((*Service).listTargetsByRule),
	"ListRuleNamesByTarget": awsapi.Typed((*Service).listRuleNamesByTarget),
	"TestEventPattern":      awsapi.Typed((*Service).testEventPattern),
}}

// Do implements awsapi.Service: one operation of the Amazon EventBridge API, AWS JSON 1.1.
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
		Name, Rule, EventBusName string
		Entries                  []struct{ EventBusName string }
	}
	awsapi.Members(&in, input)
	action := "events:" + op
	switch op {
	case "PutEvents":
		var out []awsapi.Grant
		for _, e := range in.Entries {
			if g := (awsapi.Grant{Action: action, Resource: BusARN(e.EventBusName)}); !slices.Contains(out, g) {
				out = append(out, g)
			}
		}
		return out
	case "CreateEventBus", "DescribeEventBus", "DeleteEventBus":
		return []awsapi.Grant{{Action: action, Resource: BusARN(in.Name)}}
	case "PutRule", "DescribeRule", "DeleteRule", "EnableRule", "DisableRule":
		return []awsapi.Grant{{Action: action, Resource: RuleARN(in.EventBusName, in.Name)}}
	case "PutTargets", "RemoveTargets", "ListTargetsByRule":
		return []awsapi.Grant{{Action: action, Resource: RuleARN(in.EventBusName, in.Rule)}}
	}
	return []awsapi.Grant{{Action: action, Resource: "*"}}
}
