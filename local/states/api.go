package states

import (
	"context"
	"encoding/json"

	"github.com/orderflow-dev/orderflow/local/awsapi"
)

var api = awsapi.API[*Service]{Name: "states", Grants: (*Service).grants, Operations: awsapi.Operations[*Service]{
	"CreateStateMachine":               awsapi.Typed((*Service).CreateStateMachine),
	"UpdateStateMachine":               awsapi.Typed((*Service).UpdateStateMachine),
	"DeleteStateMachine":               awsapi.Typed((*Service).DeleteStateMachine),
	"DescribeStateMachine":             awsapi.Typed((*Service).DescribeStateMachine),
	"DescribeStateMachineForExecution": awsapi.Typed((*Service).DescribeStateMachineForExecution),
	"ListStateMachines":                awsapi.Typed((*Service).ListStateMachines),
	"ValidateStateMachineDefinition":   awsapi.Typed((*Service).ValidateStateMachineDefinition),
	"StartExecution":                   awsapi.Typed((*Service).StartExecution),
	"DescribeExecution":                awsapi.Typed((*Service).DescribeExecution),
	"ListExecutions":                   awsapi.Typed((*Service).ListExecutions),
	"GetExecutionHistory":              awsapi.Typed((*Service).GetExecutionHistory),
	"StopExecution":                    awsapi.Typed((*Service).StopExecution),
	"RedriveExecution":                 awsapi.Typed((*Service).RedriveExecution),
	"SendTaskSuccess":                  awsapi.Typed((*Service).SendTaskSuccess),
	"SendTaskFailure":                  awsapi.Typed((*Service).SendTaskFailure),
	"SendTaskHeartbeat":                awsapi.Typed((*Service).SendTaskHeartbeat),
	"TestState":                        awsapi.Typed((*Service).TestState),
	"TagResource":                      awsapi.Typed((*Service).TagResource),
	"UntagResource":                    awsapi.Typed((*Service).UntagResource),
	"ListTagsForResource":              awsapi.Typed((*Service).ListTagsForResource),
	"ListStateMachineVersions":         awsapi.Typed((*Service).listVersions),
	"ListStateMachineAliases":          awsapi.Typed((*Service).listAliases),
	"ListActivities":                   awsapi.Typed((*Service).listActivities),
	"ListMapRuns":                      awsapi.Typed((*Service).listMapRuns),
}}

// Do performs one operation; see awsapi.Service.
func (s *Service) Do(ctx context.Context, op string, input json.RawMessage) (any, error) {
	return api.Do(ctx, s, op, input)
}

// Open implements awsapi.Opener.
func (s *Service) Open(op string, in awsapi.Input) (awsapi.Call, error) { return api.Open(s, op, in) }

// Grants returns the permission that a caller needs: the action on the state machine or execution
// that the request names. The task token operations need it on the state machine that waits for the
// token (SAM's StepFunctionsCallbackPolicy grants that).
func (s *Service) Grants(op string, input json.RawMessage) []awsapi.Grant {
	return api.GrantsOf(s, op, input)
}

// grants is Grants by the input.
func (s *Service) grants(op string, input any) []awsapi.Grant {
	var in struct {
		StateMachineARN string `json:"stateMachineArn"`
		ExecutionARN    string `json:"executionArn"`
		ResourceARN     string `json:"resourceArn"`
		TaskToken       string `json:"taskToken"`
		Name            string `json:"name"`
		RoleARN         string `json:"roleArn"`
	}
	awsapi.Members(&in, input)
	resource := "*"
	switch op {
	case "CreateStateMachine":
		resource = s.arns.machine(in.Name)
	case "StartExecution", "ListExecutions", "DescribeStateMachine", "UpdateStateMachine", "DeleteStateMachine",
		"ListStateMachineVersions", "ListStateMachineAliases":
		resource = in.StateMachineARN
	case "DescribeExecution", "GetExecutionHistory", "StopExecution", "RedriveExecution",
		"DescribeStateMachineForExecution", "ListMapRuns":
		resource = in.ExecutionARN
	case "TagResource", "UntagResource", "ListTagsForResource":
		resource = in.ResourceARN
	case "SendTaskSuccess", "SendTaskFailure", "SendTaskHeartbeat":
		resource = s.machineOfToken(in.TaskToken)
	}
	if resource == "" {
		return nil
	}
	grants := []awsapi.Grant{{Action: "states:" + op, Resource: resource}}
	if in.RoleARN != "" && (op == "CreateStateMachine" || op == "UpdateStateMachine" || op == "TestState") {
		grants = append(grants, awsapi.Grant{Action: "iam:PassRole", Resource: in.RoleARN})
	}
	return grants
}

// machineOfToken returns the ARN of the state machine that waits for a token; empty if no such
// token was issued.
func (s *Service) machineOfToken(token string) string {
	arn, err := inside(s, token, func(token string) (string, error) {
		id, _, err := s.token(token)
		if err != nil {
			return "", err
		}
		e, err := s.record(id)
		return s.arns.machine(e.Machine), err
	})
	if err != nil {
		return ""
	}
	return arn
}
