package local

import (
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go/middleware"

	"github.com/orderflow-dev/orderflow/local/awsapi"
	"github.com/orderflow-dev/orderflow/local/iam"
	"github.com/orderflow-dev/orderflow/local/sdk"
)

// inProcess is the endpoint that clients of this process call: they resolve no name and open no
// socket.
const inProcess = "http://aws.localhost"

// Config makes AWS SDK clients that reach the stack in process with the permissions of a role,
// given by its name. The empty name is the operator of the machine, who may do everything. Clients
// that are given other credentials or another endpoint must leave APIOptions out.
func (s *Stack) Config(role string) aws.Config {
	key := "operator"
	if role != "" {
		key = roleKey(role)
	}
	identity := awsapi.Identity{AccessKey: key}
	return aws.Config{
		Region:       awsapi.Region,
		Credentials:  aws.AnonymousCredentials{},
		HTTPClient:   &http.Client{Transport: awsapi.Transport{Handler: &s.router, Identity: identity}},
		BaseEndpoint: aws.String(inProcess),
		APIOptions:   []func(*middleware.Stack) error{sdk.Calls{Router: &s.router, Identity: identity}.Option},
	}
}

// roleKey is the access key id of a role, given by its name or by the key itself.
func roleKey(role string) string {
	if key := iam.RoleKey(""); strings.HasPrefix(role, key) {
		return role
	}
	return iam.RoleKey(role)
}
