package local_test

import (
	"errors"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"github.com/orderflow-dev/orderflow/local/iam"
)

// Callers of the AWS endpoint learn their identity; a call of a service that does not exist gets an
// answer that the SDK can read.
func TestStack_callerIdentity(t *testing.T) {
	t.Parallel()
	s := open(t, options(t))
	server := httptest.NewServer(s.AWSHandler())
	t.Cleanup(server.Close)
	as := func(key string) *sts.Client {
		return sts.New(sts.Options{Region: "us-east-1", BaseEndpoint: &server.URL, RetryMaxAttempts: 1,
			Credentials: credentials.NewStaticCredentialsProvider(key, "x", "")})
	}
	for _, tt := range []struct{ key, arn, user string }{
		{"AKIDEXAMPLE", "arn:aws:iam::000000000000:root", "^000000000000$"},
		{iam.RoleKey("shop-WriteRole"), "arn:aws:sts::000000000000:assumed-role/shop-WriteRole/shop-Write",
			"^AROA[A-Z2-7]{17}:shop-Write$"},
	} {
		out, err := as(tt.key).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
		if err != nil {
			t.Fatal(err)
		}
		if aws.ToString(out.Account) != "000000000000" || aws.ToString(out.Arn) != tt.arn ||
			!regexp.MustCompile(tt.user).MatchString(aws.ToString(out.UserId)) {
			t.Errorf("%s: %s %s %s", tt.key, aws.ToString(out.Account), aws.ToString(out.Arn), aws.ToString(out.UserId))
		}
	}
	_, err := as(iam.RoleKey("nobody")).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	wantCode(t, err, "InvalidClientTokenId")
	_, err = as("AKIDEXAMPLE").GetSessionToken(t.Context(), &sts.GetSessionTokenInput{})
	wantCode(t, err, "NotImplemented")

	stacks := cloudformation.New(cloudformation.Options{Region: "us-east-1", BaseEndpoint: &server.URL, RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "x", "")})
	_, err = stacks.DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{})
	if e, ok := errors.AsType[smithy.APIError](err); !ok || e.ErrorCode() != "NotImplemented" ||
		!strings.Contains(e.ErrorMessage(), "cloudformation: DescribeStacks") {
		t.Errorf("a service that does not exist: %v", err)
	}
}
