package local

import (
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/orderflow-dev/orderflow/local/awsapi"
	"github.com/orderflow-dev/orderflow/local/iam"
)

// inProcess is the endpoint that clients of this process call: no name to resolve, no socket.
const inProcess = "http://aws.localhost"

// Config makes AWS SDK clients that reach the stack in process, as the bearer of a role (its name); "" is the machine's operator, who may do
// everything.
func (s *Stack) Config(role string) aws.Config {
	key := "operator"
	if role != "" {
		key = roleKey(role)
	}
	return aws.Config{
		Region:       awsapi.Region,
		Credentials:  aws.AnonymousCredentials{},
		HTTPClient:   &http.Client{Transport: awsapi.Transport{Handler: &s.router, Identity: awsapi.Identity{AccessKey: key}}},
		BaseEndpoint: aws.String(inProcess),
	}
}

// roleKey is the access key id of a role, which may be given by its name or as the key itself.
func roleKey(role string) string {
	if key := iam.RoleKey(""); strings.HasPrefix(role, key) {
		return role
	}
	return iam.RoleKey(role)
}
