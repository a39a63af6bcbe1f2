package local_test

import (
	"context"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	awslambda "github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/orderflow-dev/orderflow/local/lambda"
)

// bootstrap is the program that is deployed, in miniature: this test binary, started behind a
// Runtime API.
func bootstrap() error {
	cfg, err := config.LoadDefaultConfig(context.Background())
	if err != nil {
		return err
	}
	env := map[string]string{}
	for _, v := range os.Environ() {
		name, value, _ := strings.Cut(v, "=")
		env[name] = value
	}
	h, err := handlers(lambda.Function{Handler: os.Getenv("_HANDLER"), Env: env}, cfg)
	if err != nil {
		return err
	}
	awslambda.Start(h)
	return nil
}

// TestStack_isolated runs the whole flow with each function as a process that knows only the
// stack's endpoint and its role.
func TestStack_isolated(t *testing.T) {
	t.Parallel()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	o := options(t)
	o.Factory, o.Bootstrap, o.AWSEndpoint, o.Output = nil, path, "http://"+listener.Addr().String(), os.Stderr
	s := open(t, o)
	server := &http.Server{Handler: s.AWSHandler(), ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if w := request(t, s, "PUT", "/notes/n1", bearer(t, s)); w.Code != http.StatusAccepted {
		t.Fatalf("PUT /notes/n1: %d %s", w.Code, w.Body)
	}
	until(t, "n1", func() bool { ok, _ := done(t, s, "n1"); return ok })
	letters := map[string]bool{}
	until(t, "letters", func() bool { readLetters(t, s, letters); return letters["n1"] })
	if d := s.IAMReport().Denials; len(d) > 0 {
		t.Errorf("denied: %+v", d)
	}
}
