package lambda

import (
	"encoding/json"
	"fmt"
	"reflect"
	"runtime"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambda/messages"

	"github.com/orderflow-dev/orderflow/local/awsapi"
)

// Unhandled is the FunctionError of every failed request; runtimes report nothing else today.
const Unhandled = "Unhandled"

// ErrStopping is the error of requests that are interrupted because the stack stops. It is neither
// a success nor a failure of the function.
var ErrStopping = &awsapi.Error{Type: "ServiceException", Message: "the local stack is stopping", Status: 500}

// encodedError is an error whose payload comes from the function's own process, and is passed on
// unchanged.
type encodedError interface {
	error
	Payload() []byte // {"errorMessage","errorType",...}
	Exited() bool    // the execution environment is gone
}

// errorPayload is the reply that aws-lambda-go makes of a handler's error: the type's bare name, by
// reflection and without unwrapping, or the messages.InvokeResponse_Error itself. The environment
// is lost after a panic.
func errorPayload(err error) (payload []byte, lost bool) {
	if e, ok := err.(encodedError); ok {
		return e.Payload(), e.Exited()
	}
	e, ok := err.(messages.InvokeResponse_Error)
	if !ok {
		e = messages.InvokeResponse_Error{Message: err.Error(), Type: typeName(err)}
	}
	body, marshalErr := json.Marshal(e)
	if marshalErr != nil { // strings and frames always marshal
		body = []byte(`{"errorMessage":"the error cannot be encoded","errorType":"Runtime.SerializationError"}`)
	}
	return body, e.ShouldExit
}

func typeName(v any) string {
	t := reflect.TypeOf(v)
	if t == nil {
		return ""
	}
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.Name()
}

// panicError is the error that aws-lambda-go reports for a panic; call it in the deferred function
// that recovers.
func panicError(v any) error {
	if e, ok := v.(messages.InvokeResponse_Error); ok {
		return e
	}
	return messages.InvokeResponse_Error{Message: fmt.Sprint(v), Type: typeName(v), StackTrace: stack(), ShouldExit: true}
}

// stack lists at most 32 frames of the panicking goroutine, from the runtime's panic on: path from
// the module on, line, function.
func stack() []*messages.InvokeResponse_Error_StackFrame {
	pc := make([]uintptr, 32)
	frames := runtime.CallersFrames(pc[:runtime.Callers(4, pc)]) // without Callers, stack, panicError and its caller
	trace := []*messages.InvokeResponse_Error_StackFrame{}
	for {
		f, more := frames.Next()
		trace = append(trace, stackFrame(f))
		if !more {
			return trace
		}
	}
}

// stackFrame keeps as many elements of the path as the function's package path has.
func stackFrame(f runtime.Frame) *messages.InvokeResponse_Error_StackFrame {
	elements := strings.Split(f.File, "/")
	keep := strings.Count(f.Function, "/") + 2
	label := f.Function[strings.LastIndex(f.Function, "/")+1:]
	_, label, _ = strings.Cut(label, ".")
	return &messages.InvokeResponse_Error_StackFrame{
		Path: strings.Join(elements[max(0, len(elements)-keep):], "/"), Line: int32(f.Line), Label: label,
	}
}

// systemError is an error that the service itself reports for a request, not the function.
type systemError struct {
	Type    string `json:"errorType"`
	Message string `json:"errorMessage"`
}

func (e *systemError) Error() string { return e.Type + ": " + e.Message }

func (e *systemError) Payload() []byte {
	body, err := json.Marshal(e)
	if err != nil { // two strings always marshal
		return []byte(`{"errorType":"` + e.Type + `"}`)
	}
	return body
}

// Exited returns true: an error of the service ends the environment.
func (e *systemError) Exited() bool { return true }

func timedOut(requestID string, timeout time.Duration) error {
	return &systemError{"Sandbox.Timedout", fmt.Sprintf("RequestId: %s Error: Task timed out after %.2f seconds", requestID, timeout.Seconds())}
}

func exited(requestID string) error {
	return &systemError{"Runtime.ExitError", fmt.Sprintf("RequestId: %s Error: Runtime exited without providing a reason", requestID)}
}

func oversizedReply() error {
	return &systemError{"Function.ResponseSizeTooLarge",
		fmt.Sprintf("Response payload size exceeded maximum allowed payload size (%d bytes).", MaxResponse)}
}

// errorType reads the errorType of an error payload.
func errorType(payload []byte) string {
	var e struct {
		Type string `json:"errorType"`
	}
	if err := json.Unmarshal(payload, &e); err != nil || e.Type == "" {
		return Unhandled
	}
	return e.Type
}
