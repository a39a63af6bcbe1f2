package sdk_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/orderflow-dev/orderflow/local/awsapi"
	"github.com/orderflow-dev/orderflow/local/dynamodb/attr"
)

// script is a service whose calls end as the test sets.
type script struct {
	ends      []error // of the calls, in order; those after them go well
	during    func()  // is called by every call
	performed int
}

func (s *script) Open(string, awsapi.Input) (awsapi.Call, error) {
	return awsapi.Call{Grants: func() []awsapi.Grant { return nil }, Do: s.do}, nil
}

func (s *script) do(context.Context) (any, error) {
	s.performed++
	if s.during != nil {
		s.during()
	}
	if n := s.performed - 1; n < len(s.ends) && s.ends[n] != nil {
		return nil, s.ends[n]
	}
	return struct{ Item attr.Item }{attr.Item{"n": {Kind: attr.N, Text: "1"}}}, nil
}

func (s *script) Do(ctx context.Context, _ string, _ json.RawMessage) (any, error) { return s.do(ctx) }

func (s *script) Grants(string, json.RawMessage) []awsapi.Grant { return nil }

// TestWays_retry: the SDK makes as many attempts in all ways, each of which is performed once, and
// ends alike.
func TestWays_retry(t *testing.T) {
	t.Parallel()
	disk := errors.New("the disk is gone")
	throttled := awsapi.Errorf("ThrottlingException", "slow down")
	refused := awsapi.Errorf("ConditionalCheckFailedException", "no")
	for name, tt := range map[string]struct {
		ends      []error
		performed int
	}{
		"goes well":             {nil, 1},
		"fails once":            {[]error{disk}, 2},
		"is throttled twice":    {[]error{throttled, throttled}, 3},
		"fails in the end":      {[]error{disk, throttled, disk}, 3},
		"is refused":            {[]error{refused}, 1},
		"is refused at a retry": {[]error{disk, refused}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answers := map[string]string{}
			for way := range ways {
				s := &script{ends: tt.ends}
				out, err := s.client(t, way).GetItem(t.Context(), &dynamodb.GetItemInput{TableName: str("orders"),
					Key: key("1")})
				answers[way] = dump(out) + dumpError(err)
				if s.performed != tt.performed {
					t.Errorf("%s: performed %d times, want %d", way, s.performed, tt.performed)
				}
			}
			for way, got := range answers {
				if got != answers["loopback"] {
					t.Errorf("%s answers\n%s\n\nloopback answers\n%s", way, got, answers["loopback"])
				}
			}
		})
	}
}

// TestWays_endMeanwhile: a call whose context ends while it is performed fails in this process, and
// is not performed again. Over a wire the answer may come first, and which errors the SDK wraps the
// context's in depends on the moment.
func TestWays_endMeanwhile(t *testing.T) {
	t.Parallel()
	for _, way := range []string{"typed", "in process"} {
		ctx, cancel := context.WithCancel(t.Context())
		s := &script{during: cancel}
		_, err := s.client(t, way).GetItem(ctx, &dynamodb.GetItemInput{TableName: str("orders"), Key: key("1")})
		if !errors.Is(err, context.Canceled) || s.performed != 1 {
			t.Errorf("%s: performed %d times, %v", way, s.performed, err)
		}
	}
}

// client makes at most three attempts, without a pause.
func (s *script) client(t *testing.T, way string) *dynamodb.Client {
	t.Helper()
	w := &world{}
	w.router.Register("dynamodb", s)
	cfg := ways[way](t, w, "operator")
	cfg.RetryMaxAttempts = 0
	cfg.Retryer = func() aws.Retryer {
		return retry.NewStandard(func(o *retry.StandardOptions) {
			o.MaxAttempts = 3
			o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
		})
	}
	return dynamodb.NewFromConfig(cfg)
}
