package events

import (
	"context"
	"encoding/json"
	"slices"

	"orderflow/local/awsapi"
)

type operation func(s *Service, ctx context.Context, input json.RawMessage) (any, error)

var operations = map[string]operation{
	"PutEvents":             typed((*Service).putEvents),
	"CreateEventBus":        typed((*Service).createEventBus),
	"DescribeEventBus":      typed((*Service).describeEventBus),
	"ListEventBuses":        typed((*Service).listEventBuses),
	"DeleteEventBus":        typed((*Service).deleteEventBus),
	"PutRule":               typed((*Service).putRule),
	"DescribeRule":          typed((*Service).describeRule),
	"ListRules":             typed((*Service).listRules),
	"DeleteRule":            typed((*Service).deleteRule),
	"EnableRule":            typed((*Service).enableRule),
	"DisableRule":           typed((*Service).disableRule),
	"PutTargets":            typed((*Service).putTargets),
	"RemoveTargets":         typed((*Service).removeTargets),
	"ListTargetsByRule":     typed((*Service).listTargetsByRule),
	"ListRuleNamesByTarget": typed((*Service).listRuleNamesByTarget),
	"TestEventPattern":      typed((*Service).testEventPattern),
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

// Do implements awsapi.Service: one operation of the Amazon EventBridge API, AWS JSON 1.1.
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
		Name, Rule, EventBusName string
		Entries                  []struct{ EventBusName string }
	}
	if awsapi.Decode(input, &in) != nil {
		return nil
	}
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
