package lambda

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/smithy-go"
)

func wantError(t *testing.T, err error, code string) {
	t.Helper()
	if e, ok := errors.AsType[smithy.APIError](err); !ok || e.ErrorCode() != code {
		t.Errorf("error %v, want %s", err, code)
	}
}

// LogType Tail gives the end of what this request logged, and only to who waits for it.
func TestService_logResult(t *testing.T) {
	t.Parallel()
	b := newBench(t, setup{
		options: Options{Factory: func(fn Function) (Handler, error) {
			return lambda.NewHandler(func(lines int) error {
				for i := range lines {
					fmt.Fprintf(fn.Log, "line %d of %d\n", i, lines)
				}
				if lines == 0 {
					_, _ = io.WriteString(fn.Log, "nothing to do")
					return errors.New("no lines")
				}
				return nil
			}), nil
		}},
		functions: []Function{{Name: "f", MemoryMB: 256}},
	})
	c := client(b)
	invoke := func(payload string, kind types.InvocationType, log types.LogType) (*awslambda.InvokeOutput, string) {
		t.Helper()
		out, err := c.Invoke(t.Context(), &awslambda.InvokeInput{FunctionName: aws.String("f"), Payload: []byte(payload), InvocationType: kind, LogType: log})
		if err != nil {
			t.Fatal(err)
		}
		text, err := base64.StdEncoding.DecodeString(aws.ToString(out.LogResult))
		if err != nil {
			t.Fatal(err)
		}
		return out, string(text)
	}
	whole := regexp.MustCompile(`^START RequestId: (\S+) Version: \$LATEST\nline 0 of 2\nline 1 of 2\nEND RequestId: \S+\nREPORT RequestId: \S+\tDuration: \d+\.\d\d ms\tBilled Duration: \d+ ms\tMemory Size: 256 MB\n$`)
	if _, log := invoke("2", "", types.LogTypeTail); !whole.MatchString(log) {
		t.Errorf("log %q", log)
	}
	if out, log := invoke("0", types.InvocationTypeRequestResponse, types.LogTypeTail); out.FunctionError == nil || !strings.Contains(log, "$LATEST\nnothing to do\nEND ") {
		t.Errorf("log of a failure: %q", log)
	}
	if _, log := invoke("1000", "", types.LogTypeTail); len(log) != 4096 || !strings.Contains(log, "\nline 999 of 1000\nEND ") || strings.Contains(log, "START") {
		t.Errorf("long log: %d bytes, %q", len(log), log)
	}
	for _, tt := range []struct {
		kind types.InvocationType
		log  types.LogType
	}{{"", ""}, {"", types.LogTypeNone}, {types.InvocationTypeEvent, types.LogTypeTail}, {types.InvocationTypeDryRun, types.LogTypeTail}} {
		if out, _ := invoke("1", tt.kind, tt.log); out.LogResult != nil {
			t.Errorf("%s with log %s: %q", tt.kind, tt.log, *out.LogResult)
		}
	}
	_, err := c.Invoke(t.Context(), &awslambda.InvokeInput{FunctionName: aws.String("f"), LogType: "Head"})
	wantError(t, err, "ValidationException")
}
