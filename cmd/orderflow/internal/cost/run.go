package cost

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/orderflow-dev/orderflow"
	"github.com/orderflow-dev/orderflow/cloud"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/client"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/system"
	"github.com/orderflow-dev/orderflow/examples"
)

const (
	calm     = 150 * time.Millisecond // no function runs for so long: all effects are there
	poll     = 20 * time.Millisecond
	patience = time.Minute // for one step of an order
)

// runner takes orders through the system, one at a time, so that everything counted is one order's.
// The runner is the carrier. It reads the tables itself, since reads by the API would count.
type runner struct {
	meter      *meter
	system     *system.System
	client     *client.Client
	orders     *cloud.Orders
	executions *cloud.Executions
	queues     *sqs.Client
	secret     string
	request    []byte // an order, with the payment method still to be set
	placed     int
	left       int // messages in the queues
}

// Run counts the operations of a number of orders of each branch.
func Run(ctx context.Context, orders int, log *slog.Logger) (_ *Report, err error) {
	r := &runner{meter: &meter{calls: ledger{}}, secret: rand.Text()}
	if r.system, err = system.Start(ctx, system.Options{
		Addr: system.AnyPort, AWSAddr: system.AnyPort, Log: log, Wrap: r.meter.factory,
		Parameters: map[string]string{"Carrier": "external", "WebhookSecret": r.secret, "OutageSeconds": "0"},
	}); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.system.Close(context.WithoutCancel(ctx))) }()
	ctx, done := r.system.WhileHealthy(ctx)
	defer done()
	if err := r.prepare(ctx); err != nil {
		return nil, err
	}
	report := &Report{Region: Region, PricesOf: PricesOf}
	for _, b := range branches {
		counts, err := r.typical(ctx, b, orders)
		if err != nil {
			return nil, fmt.Errorf("branch %s: %w", b.name, err)
		}
		report.Branches = append(report.Branches, Branch{Name: b.name, Counts: counts})
	}
	return report, nil
}

// prepare makes the clients, and runs one order that does not count: the first invocation of a
// function takes longer.
func (r *runner) prepare(ctx context.Context) error {
	stack := r.system.Stack
	r.orders = &cloud.Orders{DB: dynamodb.NewFromConfig(stack.Config("")), Table: system.StackName + "-orders"}
	r.executions = &cloud.Executions{Client: sfn.NewFromConfig(stack.Config("")),
		StateMachine: stack.Template().StateMachines[0].ARN}
	r.queues = sqs.NewFromConfig(stack.Config(""))
	anon := client.New(r.system.API, "")
	token, err := anon.Mint(ctx, client.TokenRequest{Subject: "ada", Scopes: client.AllScopes,
		Groups: []string{client.Operators}})
	if err != nil {
		return err
	}
	r.client = anon.WithToken(token)
	if _, err := system.StockUp(ctx, stack); err != nil {
		return err
	}
	if r.request, err = examples.FS.ReadFile("orders/01-plain.json"); err != nil {
		return err
	}
	_, err = r.order(ctx, branches[0])
	return err
}

// typical counts orders of a branch and returns the one in the middle.
func (r *runner) typical(ctx context.Context, b branch, n int) (Counts, error) {
	var all []Counts
	for range n {
		c, err := r.order(ctx, b)
		if err != nil {
			return Counts{}, err
		}
		all = append(all, c)
	}
	return typical(all), nil
}

// order takes one order through a branch and counts it.
func (r *runner) order(ctx context.Context, b branch) (Counts, error) {
	request, err := withMethod(r.request, b.method)
	if err != nil {
		return Counts{}, err
	}
	r.placed++
	placed, err := r.client.Place(ctx, "cost-"+strconv.Itoa(r.placed), request)
	if err != nil {
		return Counts{}, err
	}
	for _, step := range b.steps {
		if err := step(ctx, r, placed.OrderID); err != nil {
			return Counts{}, err
		}
	}
	ended := func(o *orderflow.Order) bool { return o.Status.Final() && r.meter.published() >= int(o.Sequence) }
	if err := r.await(ctx, placed.OrderID, ended); err != nil {
		return Counts{}, err
	}
	o, err := r.orders.Order(ctx, placed.OrderID)
	if err == nil && o.Status != b.end {
		err = fmt.Errorf("order %s ended %s, want %s", o.ID, o.Status, b.end)
	}
	if err != nil {
		return Counts{}, err
	}
	return r.counts(ctx, o.ID)
}

// counts returns what an order that has ended took.
func (r *runner) counts(ctx context.Context, id string) (Counts, error) {
	c := r.meter.reset()
	left, err := r.messages(ctx)
	if err != nil {
		return c, err
	}
	c.Queue += 3 * (left - r.left) // sent, and the carrier will receive and delete them
	r.left = left
	c.Transitions, err = r.transitions(ctx, id)
	return c, err
}

// await waits until an order is as wanted, its execution is where it stays, and no function runs.
func (r *runner) await(ctx context.Context, id string, wanted func(*orderflow.Order) bool) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for {
		o, err := r.orders.Order(ctx, id)
		if err != nil || r.meter.quiet() && wanted(o) {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("order %s is %s, and did not go on within %s: %w", id, o.Status, patience, ctx.Err())
		case <-tick.C:
		}
	}
}

// transitions counts the transitions of an order's execution: its start, each state, each retry.
func (r *runner) transitions(ctx context.Context, id string) (int, error) {
	n, attempts := 1, 0
	x, err := r.executions.Execution(ctx, id)
	if err != nil {
		return 0, err
	}
	pages := sfn.NewGetExecutionHistoryPaginator(r.executions.Client, &sfn.GetExecutionHistoryInput{ExecutionArn: &x.ARN})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return 0, fmt.Errorf("read history: %w", err)
		}
		for _, e := range page.Events {
			switch {
			case e.StateEnteredEventDetails != nil:
				n, attempts = n+1, 0
			case e.Type == types.HistoryEventTypeTaskScheduled:
				if attempts++; attempts > 1 {
					n++
				}
			}
		}
	}
	return n, nil
}

// messages returns how many messages wait in all queues: those for the carrier.
func (r *runner) messages(ctx context.Context) (n int, err error) {
	for _, q := range r.system.Stack.Template().Queues {
		out, err := r.queues.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: aws.String(q.URL),
			AttributeNames: []sqstypes.QueueAttributeName{sqstypes.QueueAttributeNameApproximateNumberOfMessages}})
		if err != nil {
			return 0, fmt.Errorf("read queue %s: %w", q.Name, err)
		}
		waiting, err := strconv.Atoi(out.Attributes["ApproximateNumberOfMessages"])
		if err != nil {
			return 0, err
		}
		n += waiting
	}
	return n, nil
}
