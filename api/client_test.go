package api

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/orderflow-dev/orderflow"
	"github.com/orderflow-dev/orderflow/api/contracttest"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

const (
	secret        = "the carrier's secret"
	paymentSecret = "the provider's secret"
)

var (
	ada      = Caller{Subject: "ada", ClientID: "shop", Scopes: []string{"orders:read", "orders:write"}, TokenUse: "access"}
	bob      = Caller{Subject: "bob", ClientID: "shop", Scopes: []string{"orders:read", "orders:write"}, TokenUse: "access"}
	operator = Caller{Subject: "olga", ClientID: "console", Scopes: []string{"orders:read", "orders:write"},
		Groups: []string{"operators"}, TokenUse: "access"}
)

// fixture is the API over stores in memory, with a clock that the test sets.
type fixture struct {
	*testing.T
	*memory
	handler http.Handler
	mu      sync.Mutex
	now     time.Time
	serial  int
	log     bytes.Buffer
	jobs    *jobs
	audit   *audit
	queues  *queues
	mails   *mails
	signIn  SignIn
}

func newFixture(t *testing.T) *fixture {
	f := &fixture{T: t, memory: newMemory(), now: noon}
	f.audit, f.queues, f.mails = &audit{}, &queues{}, &mails{of: map[string]orderflow.Mail{}}
	f.jobs = &jobs{memory: f.memory, all: map[string]orderflow.Job{}}
	f.handler = New(f.options())
	return f
}

func (f *fixture) options() Options {
	return Options{
		Orders: f.memory, Placements: f.memory, OrderLists: f.memory, Catalogue: f.memory, Pricing: f.memory,
		Stockroom: f.memory, Customers: f.memory, Executions: f.memory, Jobs: f.jobs, JobRuns: f.jobs, Audit: f.audit, Queues: f.queues,
		Mails: f.mails, MailQueue: f.mails,
		SignIn: f.signIn, WebhookSecret: secret, PaymentWebhookSecret: paymentSecret, ReturnWindow: 30 * 24 * time.Hour, Now: f.clock,
		NewOrderID: f.newOrderID, NewMovementID: f.newMovementID, NewJobID: f.newJobID, NewAct: f.newAct,
		Logger: slog.New(slog.NewJSONHandler(&f.log, nil)),
	}
}

func (f *fixture) clock() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now
}

func (f *fixture) advance(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now = f.now.Add(d)
}

func (f *fixture) newOrderID(now time.Time) (string, error) {
	return orderflow.NewOrderID(now, f.random())
}

func (f *fixture) newMovementID(now time.Time) (string, error) {
	return orderflow.NewMovementID(now, f.random())
}

func (f *fixture) newAct(now time.Time) (*orderflow.Act, error) {
	return orderflow.NewAct(now, f.random())
}

func (f *fixture) newJobID(now time.Time) (string, error) { return orderflow.NewJobID(now, f.random()) }

// random returns ten bytes that no call returned before.
func (f *fixture) random() io.Reader {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.serial++
	return strings.NewReader(fmt.Sprintf("%010d", f.serial))
}

// response is the answer to a call.
type response struct {
	*testing.T
	status int
	header http.Header
	body   []byte
}

// call describes a request. Headers are "name: value".
type call struct {
	by      *Caller
	method  string
	path    string
	body    string
	headers []string
}

// do sends the request and checks the answer against the contract.
func (f *fixture) do(c call) *response {
	f.Helper()
	r := httptest.NewRequestWithContext(f.Context(), c.method, c.path, strings.NewReader(c.body))
	if c.body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, h := range c.headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	if c.by != nil {
		r = r.WithContext(WithCaller(r.Context(), *c.by))
	}
	w := httptest.NewRecorder()
	f.handler.ServeHTTP(w, r)
	res := &response{T: f.T, status: w.Code, header: w.Header(), body: w.Body.Bytes()}
	checkContract(f.T, r, res)
	return res
}

func (f *fixture) get(by *Caller, path string, headers ...string) *response {
	f.Helper()
	return f.do(call{by: by, method: "GET", path: path, headers: headers})
}

func (f *fixture) post(by *Caller, path, body string, headers ...string) *response {
	f.Helper()
	return f.do(call{by: by, method: "POST", path: path, body: body, headers: headers})
}

// expect checks the status, and the code of a failure unless it is "".
func (r *response) expect(status int, code string) *response {
	r.Helper()
	if r.status != status {
		r.Fatalf("got %d, want %d: %s", r.status, status, r.body)
	}
	if code != "" {
		if p := decoded[Problem](r); string(p.Code) != code || p.Status != status || p.Detail == "" {
			r.Fatalf("got %s, want %s", r.body, code)
		}
	}
	return r
}

func decoded[T any](r *response) T {
	r.Helper()
	var v T
	d := json.NewDecoder(bytes.NewReader(r.body))
	d.DisallowUnknownFields()
	if err := d.Decode(&v); err != nil {
		r.Fatalf("%v: %s", err, r.body)
	}
	return v
}

// faults returns the pointers or parameters of a problem's errors.
func (r *response) faults() []string {
	r.Helper()
	var at []string
	for _, f := range decoded[Problem](r).Errors {
		at = append(at, f.Pointer+f.Parameter)
	}
	return at
}

//go:embed openapi.yaml
var source []byte

var checker = sync.OnceValues(func() (*contracttest.Checker, error) { return contracttest.New(source) })

// checkContract fails the test if the contract does not allow the answer.
func checkContract(t *testing.T, r *http.Request, res *response) {
	t.Helper()
	c, err := checker()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Check(r, res.status, res.header, res.body); err != nil {
		t.Error(err)
	}
	if res.header.Get("X-Request-Id") == "" || res.header.Get("X-Content-Type-Options") != "nosniff" ||
		res.header.Get("Content-Security-Policy") == "" {
		t.Errorf("security headers are missing: %v", res.header)
	}
	if res.status >= 400 && res.header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("the media type of a failure is %s", res.header.Get("Content-Type"))
	}
}
