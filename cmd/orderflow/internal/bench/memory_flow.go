package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"github.com/orderflow-dev/orderflow"
	"github.com/orderflow-dev/orderflow/cloud"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/client"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/system"
	"github.com/orderflow-dev/orderflow/local"
	"github.com/orderflow-dev/orderflow/local/lambda"
	"github.com/orderflow-dev/orderflow/payment"
)

// memoryBench is the whole system in memory with metered functions.
type memoryBench struct {
	meter    *meter
	isolated lambda.IsolatedOptions
	system   *system.System
	stack    *local.Stack // of the system
	client   *client.Client
	orders   *cloud.Orders
	placed   int
	held     atomic.Bool // the carrier's notices are refused, so that orders keep waiting for them
}

func newMemoryBench(ctx context.Context, bootstrap string, log *slog.Logger) (*memoryBench, error) {
	b := &memoryBench{meter: newMeter()}
	var err error
	b.system, err = system.Start(ctx, system.Options{
		Addr: system.AnyPort, AWSAddr: system.AnyPort,
		// every order is reviewed and then declined once, so that each function is invoked
		Parameters: map[string]string{"ReconcileAfterSeconds": "0", "ReviewAbove": "USD:0", "DeclinedPayment": "ask"},
		Log:        log, Around: b.refuseHeld,
		Functions: func(awsURL string) local.Factory {
			b.isolated = lambda.IsolatedOptions{Bootstrap: bootstrap, Endpoint: awsURL}
			return b.meter.factory(b.isolated)
		},
	})
	if err != nil {
		return nil, err
	}
	b.stack = b.system.Stack
	b.orders = &cloud.Orders{DB: dynamodb.NewFromConfig(b.stack.Config("")), Table: system.StackName + "-orders"}
	if b.client, err = newClient(ctx, b.system); err != nil {
		return nil, errors.Join(err, b.close(ctx))
	}
	return b, nil
}

// refuseHeld returns a handler that refuses the carrier's notices while they are held.
func (b *memoryBench) refuseHeld(api http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if b.held.Load() && r.URL.Path == "/webhooks/shipments" {
			w.WriteHeader(http.StatusConflict)
			return
		}
		api.ServeHTTP(w, r)
	})
}

func (b *memoryBench) close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), system.Graceful)
	defer cancel()
	return b.system.Close(ctx)
}

// usual runs orders of two products through every outcome: fulfilled, cancelled, failed. Reconcile
// finds nothing to repair.
func (b *memoryBench) usual(ctx context.Context, n int) error {
	reconcile, err := b.process("reconcile")
	if err != nil {
		return err
	}
	if err := errors.Join(reconcile.repeat(ctx, n/4, []byte(`{}`)), reconcile.Close()); err != nil {
		return err
	}
	skus, err := system.StockUp(ctx, b.stack)
	if err != nil {
		return err
	}
	_, err = b.everyOutcome(ctx, n, (n+3)/4, func() ([]byte, error) {
		return orderOf(skus[b.placed%len(skus)], skus[(b.placed+1)%len(skus)])
	})
	return err
}

// browse calls the services of the API that have no part in an order.
func (b *memoryBench) browse(ctx context.Context) error {
	profile := map[string]any{"name": "Ada Brewer", "email": "ada@example.com"}
	if _, err := b.client.Do(ctx, http.MethodPut, "/me", nil, profile); err != nil {
		return err
	}
	return b.read(ctx, "/products", "/me", "/console")
}

func (b *memoryBench) read(ctx context.Context, paths ...string) error {
	for _, path := range paths {
		if _, err := b.client.Do(ctx, http.MethodGet, path, nil, nil); err != nil {
			return err
		}
	}
	return nil
}

// everyOutcome fulfils some orders and refunds a part of each, cancels some that wait for the
// carrier, and stops the executions of as many others, which it returns.
func (b *memoryBench) everyOutcome(
	ctx context.Context, fulfilled, held int, next func() ([]byte, error),
) (stopped []string, err error) {
	b.held.Store(false)
	for range fulfilled {
		if err := b.browse(ctx); err != nil {
			return nil, err
		}
		id, err := b.order(ctx, next, orderflow.Fulfilled)
		if err != nil {
			return nil, err
		}
		if err := b.refund(ctx, id); err != nil {
			return nil, err
		}
	}
	b.held.Store(true)
	for range held {
		id, err := b.order(ctx, next, orderflow.Paid)
		if err != nil {
			return nil, err
		}
		if _, err := b.client.Do(ctx, http.MethodPost, "/orders/"+url.PathEscape(id)+"/cancel", nil, nil); err != nil {
			return nil, err
		}
		if _, err := b.awaitStatus(ctx, id, orderflow.Cancelled); err != nil {
			return nil, err
		}
	}
	for range held {
		id, err := b.order(ctx, next, orderflow.Paid)
		if err != nil {
			return nil, err
		}
		if err := b.stopExecution(ctx, id); err != nil {
			return nil, err
		}
		stopped = append(stopped, id)
	}
	return stopped, b.repair(ctx, stopped)
}

// repair acts on orders with a job, which is refused for all of them, and waits until it is done.
func (b *memoryBench) repair(ctx context.Context, ids []string) error {
	ctx, cancel := context.WithTimeout(ctx, memoryPatience)
	defer cancel()
	key := http.Header{"Idempotency-Key": {"repair-" + ids[0]}}
	body := map[string]any{"action": "acknowledge", "reason": "bench", "orderIds": ids}
	answer, err := b.client.Do(ctx, http.MethodPost, "/ops/jobs", key, body)
	for err == nil {
		var job struct {
			JobID  string
			Status orderflow.JobStatus
		}
		if err := json.Unmarshal(answer, &job); err != nil {
			return err
		}
		if job.Status != orderflow.JobRunning {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(memoryPoll):
		}
		answer, err = b.client.Do(ctx, http.MethodGet, "/ops/jobs/"+job.JobID, nil, nil)
	}
	return err
}

// order places the next order and follows it to a status.
func (b *memoryBench) order(ctx context.Context, next func() ([]byte, error), to orderflow.Status) (id string, err error) {
	request, err := next()
	if err != nil {
		return "", err
	}
	b.placed++
	p, err := b.client.Place(ctx, "bench-"+strconv.Itoa(b.placed), request)
	if err != nil {
		return "", err
	}
	return b.awaitStatus(ctx, p.OrderID, to)
}

// refund refunds a part of a fulfilled order, and waits until the money has arrived and the
// customer was notified.
func (b *memoryBench) refund(ctx context.Context, id string) error {
	ctx, cancel := context.WithTimeout(ctx, memoryPatience)
	defer cancel()
	key := http.Header{"Idempotency-Key": {"refund-" + id}}
	body := json.RawMessage(`{"amount":{"amount":100,"currency":"USD"},"reason":"bench"}`)
	if _, err := b.client.Do(ctx, http.MethodPost, "/ops/orders/"+url.PathEscape(id)+"/refunds", key, body); err != nil {
		return err
	}
	return b.waitUntil(ctx, func() (bool, error) {
		o, err := b.orders.Order(ctx, id)
		return err == nil && o.PaymentStatus == orderflow.PaymentPartiallyRefunded && b.meter.idle(), err
	})
}

// memoryPoll is how often an order is read; memoryPatience is how long an order may take.
const (
	memoryPoll     = 100 * time.Millisecond
	memoryPatience = time.Minute
)

// awaitStatus follows an order through the API until it has a status; it approves it on the way, and
// gives it another payment method. A paid order must also wait for the carrier.
func (b *memoryBench) awaitStatus(ctx context.Context, id string, status orderflow.Status) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, memoryPatience)
	defer cancel()
	var refused error
	asked := false
	o, err := b.client.Follow(ctx, id, memoryPoll, func(o client.Order) bool {
		if o.Status == orderflow.InReview {
			_, refused = b.client.Review(ctx, id, "approve", "")
		}
		if o.MethodRequest != nil && !asked {
			asked = true
			_, refused = b.client.Do(ctx, http.MethodPost, "/orders/"+url.PathEscape(id)+"/payment-method", nil,
				map[string]string{"paymentMethod": payment.Visa})
		}
		return refused != nil || status == orderflow.Paid && o.Status == status && len(o.Timeline) > 0 &&
			o.Timeline[len(o.Timeline)-1].Type == orderflow.ShipmentRequested
	})
	if err = errors.Join(err, refused); err == nil && o.Status != status {
		err = fmt.Errorf("order %s ended %s: %s", id, o.Status, o.Reason())
	}
	return id, err
}

// stopExecution stops the execution of an order, and waits until the order needs attention and the
// function that recorded this is done. That function still alerts operators then: it would count
// towards the next load, or leave the next event to a new process.
func (b *memoryBench) stopExecution(ctx context.Context, id string) error {
	ctx, cancel := context.WithTimeout(ctx, memoryPatience)
	defer cancel()
	machine := b.stack.Template().StateMachines[0].ARN
	x := cloud.Executions{Client: sfn.NewFromConfig(b.stack.Config("")), StateMachine: machine}
	execution, err := x.Execution(ctx, id)
	if err != nil {
		return err
	}
	if _, err := x.Client.StopExecution(ctx, &sfn.StopExecutionInput{ExecutionArn: &execution.ARN}); err != nil {
		return fmt.Errorf("stop execution: %w", err)
	}
	return b.waitUntil(ctx, func() (bool, error) {
		o, err := b.orders.Order(ctx, id)
		return err == nil && o.Attention != nil && b.meter.idle(), err
	})
}

// waitUntil polls until a condition holds.
func (b *memoryBench) waitUntil(ctx context.Context, done func() (bool, error)) error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		if ok, err := done(); ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// process starts a process of a function in addition to those of the stack.
func (b *memoryBench) process(handler string) (*meteredFunction, error) {
	for _, fn := range b.stack.Functions() {
		if fn.Handler == handler {
			p, err := b.meter.start(fn, lambda.Isolated(b.isolated))
			return &meteredFunction{p, fn}, err
		}
	}
	return nil, fmt.Errorf("template.yaml has no function %s", handler)
}

// orderOf returns the request for an order of the products.
func orderOf(skus ...string) ([]byte, error) {
	type item struct {
		SKU      string `json:"sku"`
		Quantity int    `json:"quantity"`
	}
	var items []item
	for _, sku := range skus {
		items = append(items, item{sku, 2})
	}
	return json.Marshal(map[string]any{
		"items": items, "currency": "USD", "email": "bench@example.com", "paymentMethod": payment.Declined,
		"shippingAddress": map[string]string{"name": "Bench", "line1": "1 Quay", "city": "Boston",
			"postalCode": "02110", "country": "US"},
	})
}

// stockLarge adds as many products as an order may have.
func stockLarge(ctx context.Context, stack *local.Stack) (skus []string, err error) {
	var puts []types.TransactWriteItem
	for i := range largestOrder {
		p := orderflow.Product{
			SKU:      fmt.Sprintf("bench-%03d-with-a-stock-keeping-unit-of-some-length", i),
			Name:     "A product whose name is as long as names of products often are",
			Category: "bench", Price: orderflow.Money{Amount: 1999, Currency: "USD"}, OnHand: 1_000_000,
		}
		item, err := cloud.MarshalItem(p)
		if err != nil {
			return nil, fmt.Errorf("stock up: %w", err)
		}
		skus = append(skus, p.SKU)
		put := &types.Put{TableName: aws.String(system.StackName + "-products"), Item: item}
		puts = append(puts, types.TransactWriteItem{Put: put})
	}
	if _, err := dynamodb.NewFromConfig(stack.Config("")).TransactWriteItems(ctx,
		&dynamodb.TransactWriteItemsInput{TransactItems: puts}); err != nil {
		return nil, fmt.Errorf("stock up: %w", err)
	}
	return skus, nil
}
