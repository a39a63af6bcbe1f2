// Package sts is AWS Security Token Service of the local stack: it reports the identity of a
// caller. It issues no credentials.
package sts

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/orderflow-dev/orderflow/local/awsapi"
	"github.com/orderflow-dev/orderflow/local/iam"
)

// Service is an awsapi.HTTPService. Its zero value has no roles.
type Service struct {
	// Caller returns the bearer of an identity: iam.Engine.Caller.
	Caller func(awsapi.Identity) (iam.Caller, error)
}

var api = awsapi.API[*Service]{Name: "sts", Operations: awsapi.Operations[*Service]{
	"GetCallerIdentity": awsapi.Typed((*Service).getCallerIdentity),
}}

// Do implements awsapi.Service: one operation of the AWS STS API.
func (s *Service) Do(ctx context.Context, op string, input json.RawMessage) (any, error) {
	return api.Do(ctx, s, op, input)
}

// Grants implements awsapi.Service. Every caller may ask for its identity, whatever its policies.
func (s *Service) Grants(string, json.RawMessage) []awsapi.Grant { return nil }

// callerIdentity is the answer of GetCallerIdentity.
type callerIdentity struct {
	Account string
	ARN     string `json:"Arn"`
	UserID  string `json:"UserId"`
}

func (s *Service) getCallerIdentity(ctx context.Context, _ struct{}) (callerIdentity, error) {
	c, err := s.Caller(awsapi.IdentityFrom(ctx))
	return callerIdentity{c.Account, c.ARN, c.UserID}, err
}

var query = awsapi.Query{
	Service: "sts", Version: "2011-06-15", Namespace: "https://sts.amazonaws.com/doc/2011-06-15/", Has: api.Has,
	Input: func(_ *http.Request, members map[string]any) (any, error) { return members, nil }, Result: result,
}

// Protocol implements awsapi.HTTPService.
func (s *Service) Protocol() awsapi.Protocol { return &query }

func result(_ string, out any) (*awsapi.Element, error) {
	c := out.(callerIdentity) // there is one operation
	return &awsapi.Element{Elements: []awsapi.Element{{Name: "Arn", Text: c.ARN}, {Name: "UserId", Text: c.UserID},
		{Name: "Account", Text: c.Account}}}, nil
}
