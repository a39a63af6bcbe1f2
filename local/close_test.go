package local_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/orderflow-dev/orderflow/local"
	"github.com/orderflow-dev/orderflow/local/lambda"
)

// blocking is a handler that signals its start and waits until it may end.
type blocking struct{ begun chan<- struct{} }

func (b blocking) Invoke(ctx context.Context, _ []byte) ([]byte, error) {
	b.begun <- struct{}{}
	<-ctx.Done()
	return nil, ctx.Err()
}

// A task that Close interrupts has not failed: the next start does it again.
func TestStack_Close(t *testing.T) {
	t.Parallel()
	o := options(t)
	o.InMemory, o.Dir = false, t.TempDir()
	begun := make(chan struct{}, 100)
	o.Factory = func(fn lambda.Function, cfg aws.Config) (lambda.Handler, error) {
		if fn.Handler == "check" {
			return blocking{begun}, nil
		}
		return handlers(fn, cfg)
	}
	s, err := local.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Start(t.Context()); err == nil {
		t.Error("the stack started twice")
	}
	send(t, s, "n1")
	<-begun
	at, cancel := context.WithCancel(t.Context())
	cancel() // no grace: work in flight is interrupted
	if err := s.Close(at); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(at); err != nil {
		t.Errorf("closed twice: %v", err)
	}

	o.Factory = handlers
	s = start(t, o)
	until(t, "n1", func() bool { ok, _ := done(t, s, "n1"); return ok })
	history, err := sfn.NewFromConfig(s.Config("")).GetExecutionHistory(t.Context(), &sfn.GetExecutionHistoryInput{
		ExecutionArn: aws.String("arn:aws:states:us-east-1:000000000000:execution:shop-Machine:n1")})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range history.Events {
		if e.Type == sfntypes.HistoryEventTypeTaskFailed {
			t.Errorf("a task failed: %s", aws.ToString(e.TaskFailedEventDetails.Cause))
		}
	}
}
