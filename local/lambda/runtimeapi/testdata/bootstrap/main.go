// Command bootstrap is a function for the tests of the Runtime API: it does what its request says.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

type request struct {
	Do   string
	Size int
}

var served int

func handle(ctx context.Context, in request) (any, error) {
	served++
	switch in.Do {
	case "error":
		return nil, errors.New("boom")
	case "named":
		return nil, messages.InvokeResponse_Error{Message: "declined", Type: "PaymentDeclined"}
	case "panic":
		panic("broken")
	case "exit":
		os.Exit(3)
	case "leave":
		os.Exit(0)
	case "hang":
		fmt.Println("hanging")
		<-make(chan struct{})
	case "large":
		return strings.Repeat("x", in.Size), nil
	case "env":
		return os.Environ(), nil
	}
	lc, _ := lambdacontext.FromContext(ctx)
	deadline, _ := ctx.Deadline()
	return map[string]any{
		"requestId": lc.AwsRequestID, "arn": lc.InvokedFunctionArn, "left": time.Until(deadline) > 0, "served": served, "pid": os.Getpid(),
		"function": lambdacontext.FunctionName, "memory": lambdacontext.MemoryLimitInMB, "handler": os.Getenv("_HANDLER"),
	}, nil
}

func main() {
	switch os.Getenv("_HANDLER") {
	case "broken":
		fmt.Fprintln(os.Stderr, "cannot start")
		os.Exit(7)
	case "sleepy":
		<-make(chan struct{})
	}
	lambda.Start(handle)
}
