package tests

import (
	"bufio"
	"context"
	"encoding/json"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/orderflow-dev/orderflow"
)

// TestEvents prints events as they come, and those of an order, and publishes them again.
func TestEvents(t *testing.T) {
	t.Parallel()
	s := up(t, "--in-memory")
	ctx, cancel := context.WithTimeout(t.Context(), settle)
	defer cancel()
	tail := exec.CommandContext(ctx, binary(t), "events", "tail", "--json", "--aws", s.AWS)
	out, err := tail.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	errs, err := tail.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := tail.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := bufio.NewReader(errs).ReadString('\n'); err != nil { // it waits for events
		t.Fatal(err)
	}
	ada := s.as("ada")
	id := ada.accepted(order("pm_card_visa", item{"beans-ethiopia-250g", 1}))
	var seen []orderflow.EventDetail
	for lines := bufio.NewScanner(out); lines.Scan(); {
		var d orderflow.EventDetail
		if err := json.Unmarshal(lines.Bytes(), &d); err != nil {
			t.Fatalf("%v in %s", err, lines.Bytes())
		}
		seen = append(seen, d)
		if state, err := orderflow.Fold(seen); err == nil && state.Status == orderflow.Fulfilled {
			break
		}
	}
	if err := tail.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := tail.Wait(); err != nil {
		t.Errorf("events tail: %v", err)
	}
	rules, err := eventbridge.NewFromConfig(s.config()).ListRules(t.Context(), &eventbridge.ListRulesInput{
		EventBusName: aws.String("orderflow"), NamePrefix: aws.String("orderflow-tail"),
	})
	if err != nil || len(rules.Rules) != 0 {
		t.Errorf("events tail leaves %d rules: %v", len(rules.Rules), err)
	}
	queues := sqs.NewFromConfig(s.config())
	left, err := queues.ListQueues(t.Context(), &sqs.ListQueuesInput{QueueNamePrefix: aws.String("orderflow-tail")})
	if err != nil || len(left.QueueUrls) != 0 {
		t.Errorf("events tail leaves the queues %v: %v", left.QueueUrls, err)
	}

	shown := s.ok(t, []string{"events", "show", id, "--json"})
	if state, err := orderflow.Fold(seen); err != nil || strings.Count(shown, "\n") != int(state.Sequence) {
		t.Errorf("got %d events of %d, %v", strings.Count(shown, "\n"), state.Sequence, err)
	}
	s.ok(t, []string{"events", "show", id}, `1 +Order Placed +PLACED +customer:ada`)

	// All of a time, to one queue; a part of one order, on the bus.
	mine, err := queues.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("mine")})
	if err != nil {
		t.Fatal(err)
	}
	last := seen[0].At
	for _, e := range seen {
		last = slices.MaxFunc([]time.Time{last, e.At}, time.Time.Compare)
	}
	window := []string{"events", "replay", "--from", seen[0].At.Format(time.RFC3339Nano), "--queue", *mine.QueueUrl}
	s.ok(t, append(window, "--to", last.Add(time.Millisecond).Format(time.RFC3339Nano)), `^\d+ events of 1 order\n$`)
	events, _ := s.drain(*mine.QueueUrl)
	if folded, err := orderflow.Fold(events[id]); err != nil || folded.Status != orderflow.Fulfilled {
		t.Errorf("got %d events, %v", len(events[id]), err)
	}
	all := s.listen()
	s.ok(t, []string{"events", "replay", id, "--after", "2", "--bus"})
	eventually(t, "the events come again", func() bool {
		again, _ := s.drain(all)
		return slices.ContainsFunc(again[id], func(e orderflow.EventDetail) bool { return e.EventID == id+"-3" })
	})
	for _, wrong := range [][]string{
		{"events", "replay", id}, {"events", "replay", "--bus"}, {"events", "replay", id, "--bus", "--queue", "x"},
		{"events", "replay", id, "--bus", "--from", "2026-01-01T00:00:00Z"},
	} {
		if code, _, _ := s.cli(t, wrong...); code != 2 {
			t.Errorf("%v: exit code %d", wrong, code)
		}
	}
}

// TestConsumer runs examples/consumer over events that come twice and in any order, and kills it in
// between. It prints each change of each order in order, and repeats at most what it handled when it
// was killed.
func TestConsumer(t *testing.T) {
	t.Parallel()
	s := up(t, "--in-memory")
	ada := s.as("ada")
	var ids []string
	for range 5 {
		ids = append(ids, ada.accepted(order("pm_card_visa", item{"beans-ethiopia-250g", 1})))
	}
	for _, id := range ids {
		ada.ended(id)
	}
	queues := sqs.NewFromConfig(s.config())
	q, err := queues.CreateQueue(t.Context(), &sqs.CreateQueueInput{
		QueueName: aws.String("consumer"), Attributes: map[string]string{"VisibilityTimeout": "1"},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]int{}
	var bodies []string
	for _, o := range scan[orderflow.Order](s, "orders") {
		for _, e := range o.EventsSince(0) {
			raw, err := json.Marshal(map[string]any{"source": "orderflow", "detail": e})
			if err != nil {
				t.Fatal(err)
			}
			bodies = append(bodies, string(raw), string(raw))
			want[o.ID]++
		}
	}
	shuffled := rand.New(rand.NewPCG(1, 2))
	shuffled.Shuffle(len(bodies), func(i, j int) { bodies[i], bodies[j] = bodies[j], bodies[i] })
	for _, body := range bodies {
		if _, err := queues.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: q.QueueUrl, MessageBody: &body}); err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	consumer := filepath.Join(dir, "consumer")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", consumer, "../examples/consumer").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	printed := map[string][]int{}
	total, kills := 0, 0
	for _, n := range want {
		total += n
	}
	ctx, cancel := context.WithTimeout(t.Context(), settle)
	defer cancel()
	for run := 0; ; run++ {
		cmd := exec.CommandContext(ctx, consumer, "-queue", *q.QueueUrl, "-state", filepath.Join(dir, "state.json"))
		cmd.Env = append(os.Environ(), "AWS_ENDPOINT_URL="+s.AWS, "AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=x", "AWS_SECRET_ACCESS_KEY=x")
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		n := 0
		for lines := bufio.NewScanner(out); lines.Scan(); { // until it is killed: soon in the first runs
			if n++; run <= 2 && n == 4 || handled(printed) == total-1 {
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
			fields := strings.Fields(lines.Text())
			sequence, err := strconv.Atoi(fields[1])
			if err != nil {
				t.Fatalf("%v in %q", err, lines.Text())
			}
			printed[fields[0]] = append(printed[fields[0]], sequence)
		}
		_ = cmd.Wait() // killed
		if handled(printed) == total {
			break
		}
		if kills++; run > 10 {
			t.Fatalf("only %d of %d changes were printed", handled(printed), total)
		}
	}
	repeated := 0
	for id, n := range want {
		last := 0
		for _, sequence := range printed[id] {
			if sequence > last+1 {
				t.Errorf("order %s: printed %v", id, printed[id])
			}
			if sequence <= last { // begins a repetition
				repeated++
			}
			last = sequence
		}
		if last != n {
			t.Errorf("order %s: printed %v, it has %d changes", id, printed[id], n)
		}
	}
	if repeated > kills { // each kill interrupts the changes of one message
		t.Errorf("%d times changes were repeated after %d kills: %v", repeated, kills, printed)
	}
}

// handled returns how many different changes were printed.
func handled(printed map[string][]int) (n int) {
	for _, list := range printed {
		n += len(slices.Compact(slices.Sorted(slices.Values(list))))
	}
	return n
}
