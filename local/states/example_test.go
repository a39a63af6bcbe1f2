package states_test

import (
	"context"
	"fmt"
	"log"
	"sync"

	"github.com/jonboulle/clockwork"

	"github.com/orderflow-dev/orderflow/local/states"
	"github.com/orderflow-dev/orderflow/local/store"
)

// open runs a service in memory with a function that greets, until close is called.
func open(publish func(context.Context, states.StatusChange) error) (s *states.Service, close func()) {
	st, err := store.Open("", store.Options{InMemory: true})
	if err != nil {
		log.Fatal(err)
	}
	s, err = states.New(st, clockwork.NewRealClock(), states.Options{
		Publish: publish,
		InvokeLambda: func(_ context.Context, function, _ string, payload []byte) (states.LambdaResult, error) {
			return states.LambdaResult{Payload: fmt.Appendf(nil, `{"from":%q,"got":%s}`, function, payload)}, nil
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var run sync.WaitGroup
	run.Go(func() {
		if err := s.Run(ctx); err != nil {
			log.Fatal(err)
		}
	})
	return s, func() {
		cancel()
		run.Wait()
		if err := st.Close(); err != nil {
			log.Fatal(err)
		}
	}
}

// The service runs state machines whose functions are Go functions. It publishes a change when an
// execution starts and ends.
func Example() {
	changes := make(chan states.StatusChange, 2)
	s, close := open(func(_ context.Context, c states.StatusChange) error { changes <- c; return nil })
	defer close()
	ctx := context.Background()
	m, err := s.CreateStateMachine(ctx, states.CreateStateMachineInput{
		Name: "greet", RoleARN: "arn:aws:iam::000000000000:role/greet",
		Definition: `{"StartAt":"Greet","States":{"Greet":{"Type":"Task",` +
			`"Resource":"arn:aws:lambda:us-east-1:000000000000:function:hello","End":true}}}`,
	})
	if err != nil {
		log.Fatal(err)
	}
	input := `{"name":"Ada"}`
	x, err := s.StartExecution(ctx,
		states.StartExecutionInput{StateMachineARN: m.StateMachineARN, Name: "first", Input: &input})
	if err != nil {
		log.Fatal(err)
	}
	<-changes // RUNNING
	<-changes // SUCCEEDED
	out, err := s.DescribeExecution(ctx, states.DescribeExecutionInput{ExecutionARN: x.ExecutionARN})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(out.Name, out.Status, *out.Output)
	// Output: first SUCCEEDED {"from":"arn:aws:lambda:us-east-1:000000000000:function:hello","got":{"name":"Ada"}}
}

// TestState runs one state, here with a mock of the function that it calls.
func ExampleService_TestState() {
	s, close := open(nil)
	defer close()
	result := `{"greeting":"hello"}`
	out, err := s.TestState(context.Background(), states.TestStateInput{
		Definition: `{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke",` +
			`"Parameters":{"FunctionName":"hello"},"ResultPath":"$.reply","Next":"Send"}`,
		Input: `{"name":"Ada"}`,
		Mock:  &states.TestStateMock{Result: &result},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(out.Status, out.NextState, *out.Output)
	// Output: SUCCEEDED Send {"name":"Ada","reply":{"greeting":"hello"}}
}
