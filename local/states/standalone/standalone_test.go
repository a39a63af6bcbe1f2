package standalone

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
)

// command is the command running in this process.
type command struct {
	url    string
	client *sfn.Client
	stop   func() (code int, stderr string)
}

func startCommand(t *testing.T, args ...string) *command {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r, w := io.Pipe()
	var stderr strings.Builder
	code := make(chan int, 1)
	go func() {
		code <- Run(ctx, append([]string{"--addr", "127.0.0.1:0"}, args...), w, &stderr)
		w.Close()
	}()
	line, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		t.Fatalf("the command ended with %d: %s", <-code, &stderr)
	}
	go func() { _, _ = io.Copy(io.Discard, r) }()
	_, url, _ := strings.Cut(line, " on ")
	url, where, _ := strings.Cut(url, " ")
	if !strings.HasPrefix(url, "http://127.0.0.1:") || where == "" {
		t.Fatalf("unexpected first line %q", line)
	}
	c := &command{url: url, client: sfn.New(sfn.Options{
		Region: "us-east-1", BaseEndpoint: &url, Credentials: credentials.NewStaticCredentialsProvider("x", "x", ""),
	})}
	var once sync.Once
	exit := 0
	c.stop = func() (int, string) {
		once.Do(func() { cancel(); exit = <-code })
		return exit, stderr.String()
	}
	t.Cleanup(func() { c.stop() })
	return c
}

// ended polls an execution until it has ended.
func (c *command) ended(t *testing.T, arn *string) *sfn.DescribeExecutionOutput {
	t.Helper()
	deadline, again := time.After(time.Minute), time.NewTicker(time.Millisecond)
	defer again.Stop()
	for {
		out, err := c.client.DescribeExecution(t.Context(), &sfn.DescribeExecutionInput{ExecutionArn: arn})
		if err != nil {
			t.Fatal(err)
		}
		if out.Status != types.ExecutionStatusRunning {
			return out
		}
		select {
		case <-again.C:
		case <-deadline:
			t.Fatalf("still running: %+v", out)
		}
	}
}

func (c *command) start(t *testing.T, definition, input string) *string {
	t.Helper()
	m, err := c.client.CreateStateMachine(t.Context(), &sfn.CreateStateMachineInput{
		Name: aws.String("m"), RoleArn: aws.String("arn:aws:iam::123456789012:role/any"), Definition: &definition,
	})
	if err != nil {
		t.Fatal(err)
	}
	x, err := c.client.StartExecution(t.Context(),
		&sfn.StartExecutionInput{StateMachineArn: m.StateMachineArn, Input: &input})
	if err != nil {
		t.Fatal(err)
	}
	return x.ExecutionArn
}

func invoke(function string) string {
	return `{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke",` +
		`"Parameters":{"FunctionName":"` + function +
		`","Payload.$":"$"},"OutputPath":"$.Payload","End":true}}}`
}

// TestRun_Pages: the API answers programs of this machine, but not web pages, and not requests for
// other host names that resolve to this machine.
func TestRun_Pages(t *testing.T) {
	t.Parallel()
	c := startCommand(t, "--in-memory", "--allow-host", "build-host")
	for _, x := range []struct {
		host, origin string
		status       int
	}{{"", "", 200}, {"sync-localhost", "", 200}, {"build-host:8083", "", 200}, {"rebound.example", "", 403},
		{"", "http://evil.example", 403}, {"", "null", 403}} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.url, strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		r.Host = x.host
		r.Header.Set("X-Amz-Target", "AWSStepFunctions.ListStateMachines")
		if x.origin != "" {
			r.Header.Set("Origin", x.origin)
		}
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || res.StatusCode != x.status ||
			x.status == 403 && !strings.Contains(string(body), `"__type":"AccessDeniedException"`) {
			t.Errorf("host %q, origin %q: %d %s %v", x.host, x.origin, res.StatusCode, body, err)
		}
	}
}

// TestRun_Exposed: the command warns if other machines can reach it, and notes if it is narrowed
// although no host was named.
func TestRun_Exposed(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{"0.0.0.0:0": "warning: listening on [::]:",
		":0": "note: no host was named", "127.0.0.1:0": ""} {
		c := startCommand(t, "--in-memory", "--addr", address)
		if code, stderr := c.stop(); code != 0 || !strings.HasPrefix(stderr, want) || (stderr == "") != (want == "") {
			t.Errorf("%s: exit code %d, %q", address, code, stderr)
		}
	}
}

func TestRun_LambdaEndpoint(t *testing.T) {
	t.Parallel()
	endpoint := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		switch r.URL.RequestURI() {
		case "/2015-03-31/functions/charge/invocations", "/2015-03-31/functions/charge/invocations?Qualifier=live":
			fmt.Fprintf(w, `{"charged":%s,"as":%q}`, body, r.Header.Get("X-Amz-Invocation-Type"))
		case "/2015-03-31/functions/fails/invocations":
			w.Header().Set("X-Amz-Function-Error", "Unhandled")
			fmt.Fprint(w, `{"errorType":"Declined","errorMessage":"no funds"}`)
		default:
			w.Header().Set("X-Amzn-ErrorType", "ResourceNotFoundException")
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprint(w, `{"Type":"User","Message":"Function not found"}`)
		}
	}))
	t.Cleanup(endpoint.Close)
	for _, tt := range []struct{ function, output, failure string }{
		{"charge", `{"charged":{"n":1},"as":"RequestResponse"}`, ""},
		{"arn:aws:lambda:us-east-1:123456789012:function:charge:live", `{"charged":{"n":1},"as":"RequestResponse"}`, ""},
		{"fails", "", "Declined"},
		{"nowhere", "", "Lambda.ResourceNotFoundException"},
	} {
		t.Run(tt.function, func(t *testing.T) {
			t.Parallel()
			c := startCommand(t, "--in-memory", "--lambda-endpoint", endpoint.URL)
			got := c.ended(t, c.start(t, invoke(tt.function), `{"n":1}`))
			if tt.failure != "" && aws.ToString(got.Error) != tt.failure || aws.ToString(got.Output) != tt.output {
				t.Errorf("ended %s, output %s, error %s %s", got.Status, aws.ToString(got.Output),
					aws.ToString(got.Error), aws.ToString(got.Cause))
			}
		})
	}
}

func TestRun_WithoutLambda(t *testing.T) {
	t.Parallel()
	c := startCommand(t, "--in-memory")
	got := c.ended(t, c.start(t, invoke("f"), `{}`))
	if aws.ToString(got.Error) != "Lambda.SdkClientException" {
		t.Errorf("ended %s %s", got.Status, aws.ToString(got.Error))
	}
}

func TestRun_KeepsExecutions(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c := startCommand(t, "--data", dir)
	arn := c.start(t, `{"StartAt":"W","States":{"W":{"Type":"Wait","SecondsPath":"$.seconds","End":true}}}`,
		`{"seconds":1}`)
	if code, stderr := c.stop(); code != 0 {
		t.Fatalf("the command ended with %d: %s", code, stderr)
	}
	c = startCommand(t, "--data", dir)
	if got := c.ended(t,
		arn); got.Status != types.ExecutionStatusSucceeded || got.StopDate.Sub(*got.StartDate) < time.Second {
		t.Errorf("ended %+v", got)
	}
}

// TestRun_TestState: clients put "sync-" before the host, also before an address.
func TestRun_TestState(t *testing.T) {
	t.Parallel()
	c := startCommand(t, "--in-memory")
	options := c.client.Options()
	address := strings.TrimPrefix(*options.BaseEndpoint, "http://")
	_, port, _ := strings.Cut(address, ":")
	for _, host := range []string{"127.0.0.1", "localhost"} {
		var asked string
		transport := &http.Transport{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			asked = addr
			return (&net.Dialer{}).DialContext(ctx, network, address) // as if the name resolved to this machine
		}}
		defer transport.CloseIdleConnections()
		options.BaseEndpoint, options.HTTPClient = aws.String("http://"+host+":"+port), &http.Client{Transport: transport}
		out, err := sfn.New(options).TestState(t.Context(),
			&sfn.TestStateInput{Definition: aws.String(`{"Type":"Succeed"}`), Input: aws.String(`{"n":1}`)})
		if err != nil {
			t.Fatal(err)
		}
		if asked != "sync-"+host+":"+port || *out.Output != `{"n":1}` {
			t.Errorf("asked %s, output %s", asked, *out.Output)
		}
	}
}

func TestRun_Arguments(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, args     string
		code           int
		stdout, stderr string
	}{
		{"help", "--help", 0, "--lambda-endpoint", ""},
		{"unknown flag", "--fast", 2, "", "flag provided but not defined"},
		{"argument", "--in-memory now", 2, "", `unexpected argument "now"`},
		{"two stores", "--in-memory --data x", 2, "", "cannot be used together"},
		{"endpoint", "--in-memory --lambda-endpoint here", 1, "", "is not an http URL"},
		{"address", "--in-memory --addr 999.0.0.1:1", 1, "", "orderflow states: "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var stdout, stderr strings.Builder
			if code := Run(t.Context(), strings.Fields(tt.args), &stdout, &stderr); code != tt.code {
				t.Errorf("code = %d, want %d", code, tt.code)
			}
			if !strings.Contains(stdout.String(), tt.stdout) || !strings.Contains(stderr.String(), tt.stderr) {
				t.Errorf("stdout %q, stderr %q", &stdout, &stderr)
			}
		})
	}
}

func TestFunctionName(t *testing.T) {
	t.Parallel()
	for in, want := range map[string][2]string{
		"f":                                     {"f", ""},
		"f:1":                                   {"f", "1"},
		"123456789012:function:f":               {"f", ""},
		"arn:aws:lambda:us-east-1:1:function:f": {"f", ""},
		"arn:aws:lambda:us-east-1:1:function:f:live": {"f", "live"},
	} {
		if name, q := functionName(in); name != want[0] || q != want[1] {
			t.Errorf("%s = %s, %s", in, name, q)
		}
	}
}
