package tasks

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/orderflow-dev/orderflow"
)

func events(details ...string) Batch {
	var b Batch
	for i, d := range details {
		b.Records = append(b.Records, Message{
			ID: fmt.Sprint("m", i+1), Body: `{"detail-type":"Order Placed","detail":` + d + `}`,
		})
	}
	return b
}

type starter struct {
	mu      sync.Mutex
	started []string
	err     map[string]error
}

func (s *starter) Start(_ context.Context, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.started = append(s.started, id)
	return s.err[id]
}

func TestStart_Handle(t *testing.T) {
	t.Parallel()
	s := &starter{err: map[string]error{"ord_2": errLost}}
	b := events(`{"orderId":"ord_1"}`, `{"orderId":"ord_2"}`, `{}`, `{"orderId":"ord_4"}`)
	b.Records = append(b.Records, Message{ID: "m5", Body: "nonsense"})
	got, err := Start{Executions: s, Log: quiet}.Handle(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	if want := []ItemFailure{{"m2"}, {"m3"}, {"m5"}}; !slices.Equal(got.Failures, want) {
		t.Errorf("failures %v, want %v", got.Failures, want)
	}
	slices.Sort(s.started)
	if !slices.Equal(s.started, []string{"ord_1", "ord_2", "ord_4"}) {
		t.Errorf("started %v", s.started)
	}
	raw, err := json.Marshal(BatchResult{Failures: []ItemFailure{}})
	if err != nil || string(raw) != `{"batchItemFailures":[]}` {
		t.Errorf("%s, %v", raw, err)
	}
}

// answers records the answers to tokens.
type answers struct {
	given    []string
	err      error
	gone     []string // tokens for which no step waits
	open     string   // the token for which the execution waits
	openStep string   // the state that waits; "" is any
}

func (a *answers) OpenToken(_ context.Context, _, step string) (string, error) {
	if a.openStep != "" && a.openStep != step {
		return "", nil
	}
	return a.open, nil
}

func (a *answers) answer(token, with string) error {
	a.given = append(a.given, token+" "+with)
	if slices.Contains(a.gone, token) {
		return orderflow.Errorf(orderflow.CodeTokenGone, "%s", token)
	}
	return a.err
}

func (a *answers) Succeed(_ context.Context, token string, output any) error {
	raw, err := json.Marshal(output)
	if err != nil {
		return err
	}
	return a.answer(token, string(raw))
}

func (a *answers) Fail(_ context.Context, token string, code orderflow.Code, cause string) error {
	return a.answer(token, fmt.Sprintf("%s %s", code, cause))
}

func TestWake_Handle(t *testing.T) {
	t.Parallel()
	by := orderflow.By{At: start, Actor: "carrier", Reason: "AddressUnreachable"}
	dispatch := func(o *orderflow.Order) error { return o.Dispatch("Post", "T1", by) }
	giveUp := func(o *orderflow.Order) error { return o.FailShipment(by) }
	for _, tt := range []struct {
		name    string
		changes []func(o *orderflow.Order) error
		err     error
		want    string
		failed  int
	}{
		{"not known yet", nil, nil, "[]", 0},
		{
			"dispatched", []func(*orderflow.Order) error{dispatch}, nil,
			`[token {"shipmentId":"shp_1","trackingNumber":"T1"}]`, 0,
		},
		{"given up", []func(*orderflow.Order) error{giveUp}, nil, "[token ShipmentFailed AddressUnreachable]", 0},
		{
			"cancelled", []func(*orderflow.Order) error{cancelled}, nil,
			"[token OrderCancelled a cancel was accepted]", 0,
		},
		{
			"given up, then cancelled", []func(*orderflow.Order) error{giveUp, cancelled}, nil,
			"[token OrderCancelled a cancel was accepted]", 0,
		},
		{"not answered", []func(*orderflow.Order) error{giveUp}, errLost, "[token ShipmentFailed AddressUnreachable]", 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, a := shipping(t, tt.changes...), &answers{err: tt.err}
			got, err := Wake{Orders: s, Tokens: a, Log: quiet}.Handle(t.Context(), events(`{"orderId":"ord_1"}`))
			if err != nil || len(got.Failures) != tt.failed || fmt.Sprint(a.given) != tt.want {
				t.Errorf("failures %v, %v, answers %v", got.Failures, err, a.given)
			}
		})
	}
}

// A token that is gone does not prove that the step was answered.
func TestWake_Handle_tokenGone(t *testing.T) {
	t.Parallel()
	const given = ` {"shipmentId":"shp_1","trackingNumber":"T1"}`
	for _, tt := range []struct {
		name   string
		gone   []string
		open   string
		step   string // the state that waits; "" is the one that waited before
		want   []string
		failed int
	}{
		{"the execution went on", []string{"token"}, "", "", []string{"token" + given}, 0},
		{"it waits for another token", []string{"token"}, "live", "", []string{"token" + given, "live" + given}, 0},
		{"it waits in another state", []string{"token"}, "live", "AwaitReview", []string{"token" + given}, 0},
		{
			"it waits, and refuses every answer", []string{"token", "live"}, "live", "",
			[]string{"token" + given, "live" + given}, 1,
		},
		{
			"it waits for the token that it calls gone", []string{"token"}, "token", "",
			[]string{"token" + given, "token" + given}, 1,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, a := shipping(t), &answers{gone: tt.gone, open: tt.open, openStep: tt.step}
			s.mustChange(dispatched)
			got, err := Wake{Orders: s, Tokens: a, Log: quiet}.Handle(t.Context(), events(`{"orderId":"ord_1"}`))
			if err != nil || len(got.Failures) != tt.failed || !slices.Equal(a.given, tt.want) {
				t.Errorf("failures %v, %v, answers %q", got.Failures, err, a.given)
			}
		})
	}
}

// shipping returns a store with a paid order that waits for the carrier, after the given changes.
func shipping(t *testing.T, changes ...func(*orderflow.Order) error) *store {
	t.Helper()
	s, _, charge, _ := confirmed(t, "card")
	if _, err := charge.Handle(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	if _, err := (Ship{s, at(start)}).Handle(t.Context(), Input{OrderID: "ord_1", TaskToken: "token"}); err != nil {
		t.Fatal(err)
	}
	for _, change := range changes {
		s.mustChange(change)
	}
	return s
}

func TestClose_Handle(t *testing.T) {
	t.Parallel()
	s, _, _, _ := confirmed(t, "card")
	c := Close{s, at(start)}
	_, err := c.Handle(t.Context(), Input{OrderID: "ord_1", Reason: "PaymentDeclined"})
	wantCode(t, err, orderflow.CodeInvalidState) // stock is reserved
	_, err = Release{s, s, at(start)}.Handle(t.Context(), in)
	wantCode(t, err, "")
	for range 2 {
		got, err := c.Handle(t.Context(), Input{OrderID: "ord_1", Reason: "PaymentDeclined"})
		if err != nil || got.Status != orderflow.Rejected {
			t.Errorf("got %+v, %v", got, err)
		}
	}
	if o := s.load(t, "ord_1"); o.CloseReason() != orderflow.CodePaymentDeclined {
		t.Errorf("timeline %+v", o.Timeline)
	}
}

func TestCarrier_Handle(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		status int
		fails  bool
	}{{202, false}, {204, false}, {409, false}, {410, false}, {401, true}, {404, true}, {500, true}, {503, true}} {
		t.Run(fmt.Sprint(tt.status), func(t *testing.T) {
			t.Parallel()
			var notice orderflow.ShipmentNotice
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, err := io.ReadAll(r.Body)
				if err == nil {
					err = orderflow.VerifyWebhook("a secret of ours", r.Header.Get(orderflow.SignatureHeader), body,
						start)
				}
				if err == nil {
					err = json.Unmarshal(body, &notice)
				}
				if err != nil {
					t.Error(err)
				}
				w.WriteHeader(tt.status)
			}))
			defer srv.Close()
			c := Carrier{
				Orders: wanted(true), Client: srv.Client(), WebhookURL: srv.URL, Secret: "a secret of ours",
				Now: at(start), Log: quiet,
			}
			got, err := c.Handle(t.Context(), events(`{"orderId":"ord_1","shipmentId":"shp_1"}`))
			if err != nil || (len(got.Failures) > 0) != tt.fails {
				t.Errorf("failures %v, %v", got.Failures, err)
			}
			want := orderflow.ShipmentNotice{
				ShipmentID: "shp_1", OrderID: "ord_1", Status: "dispatched", Carrier: "Sandbox Parcel",
				TrackingNumber: "SP1",
			}
			if notice != want {
				t.Errorf("notice %+v", notice)
			}
		})
	}
}

// wanted returns orders that are all open, or all cancelled.
type wanted bool

func (w wanted) Order(_ context.Context, id string) (*orderflow.Order, error) {
	o := &orderflow.Order{ID: id}
	if !w {
		o.Cancel = &orderflow.CancelRequest{}
	}
	return o, nil
}

// An order that is cancelled during the carrier's delay is not dispatched, and its message is done.
func TestCarrier_Handle_cancelled(t *testing.T) {
	t.Parallel()
	client := &http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) {
		t.Error("the carrier dispatched a cancelled order")
		return nil, errLost
	})}
	c := Carrier{
		Orders: wanted(false), Client: client, WebhookURL: "http://webhook", Secret: "s", Now: at(start), Log: quiet,
	}
	got, err := c.Handle(t.Context(), events(`{"orderId":"ord_1","shipmentId":"shp_1"}`))
	if err != nil || len(got.Failures) > 0 {
		t.Errorf("failures %v, %v", got.Failures, err)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// The messages of a batch wait concurrently. One whose webhook hangs fails after the timeout.
func TestCarrier_Handle_delay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			if r.ContentLength > 200 {
				<-r.Context().Done()
				return nil, r.Context().Err()
			}
			return &http.Response{StatusCode: http.StatusAccepted, Body: http.NoBody}, nil
		})}
		c := Carrier{
			Orders: wanted(true), Client: client, WebhookURL: "http://webhook", Secret: "s", Delay: 2 * time.Second,
			Now: time.Now, Log: quiet,
		}
		began := time.Now()
		long := fmt.Sprintf(`{"orderId":"ord_1","shipmentId":"shp_%0100d"}`, 1)
		got, err := c.Handle(t.Context(), events(`{"orderId":"ord_1","shipmentId":"shp_1"}`, long,
			`{"orderId":"ord_2","shipmentId":"shp_2"}`, `{"orderId":"ord_3"}`))
		if err != nil || !slices.Equal(got.Failures, []ItemFailure{{"m2"}, {"m4"}}) {
			t.Errorf("failures %v, %v", got.Failures, err)
		}
		if took := time.Since(began); took != 2*time.Second+webhookTimeout {
			t.Errorf("took %s", took)
		}
	})
}

// The customer is told of a delivery, for which no execution waits.
func TestWake_Handle_delivered(t *testing.T) {
	t.Parallel()
	s := shipping(t)
	s.mustChange(dispatched)
	s.mustChange(func(o *orderflow.Order) error { return o.Deliver(orderflow.By{At: start}) })
	told, waiting := &outbox{}, &answers{}
	w := Wake{Orders: s, Tokens: waiting, Notify: Notify{Orders: s, Customers: s, Notifier: told}, Log: quiet}
	for range 2 {
		got, err := w.Handle(t.Context(), events(`{"orderId":"ord_1","type":"Shipment Delivered"}`))
		if err != nil || len(got.Failures) > 0 {
			t.Fatal(got, err)
		}
	}
	if len(told.notes) != 2 || told.notes[0] != told.notes[1] || told.notes[0].DedupeID != "ord_1/delivered" || len(waiting.given) > 0 {
		t.Errorf("told %+v, answered %v", told.notes, waiting.given)
	}
	told.err = errLost
	if got, err := w.Handle(t.Context(), events(`{"orderId":"ord_1","type":"Shipment Delivered"}`)); err != nil || len(got.Failures) != 1 {
		t.Errorf("%+v, %v", got, err)
	}
}
