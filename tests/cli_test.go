package tests

import (
	"errors"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
)

// cli runs the command line against the system and returns its exit code and output.
func (s *system) cli(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), binary(t), args...)
	cmd.Dir, cmd.Env = "..", append(os.Environ(), "ORDERFLOW_API="+s.API, "ORDERFLOW_AWS="+s.AWS, "TZ=UTC")
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.ExitCode(), out.String(), errs.String()
	} else if err != nil {
		t.Fatal(err)
	}
	return 0, out.String(), errs.String()
}

// ok runs a command that must succeed and whose output must match each of wants.
func (s *system) ok(t *testing.T, args []string, wants ...string) string {
	t.Helper()
	code, out, errs := s.cli(t, args...)
	if code != 0 {
		t.Fatalf("%v: exit code %d\n%s%s", args, code, out, errs)
	}
	for _, want := range wants {
		if !regexp.MustCompile(want).MatchString(out) {
			t.Errorf("%v prints nothing like %q:\n%s", args, want, out)
		}
	}
	if strings.Contains(out, "\x1b") {
		t.Errorf("%v prints styles outside a terminal: %q", args, out)
	}
	return out
}

// TestCLI_customer: every command runs as the same customer, who sees items, address, tracking and
// each change with its reason.
func TestCLI_customer(t *testing.T) {
	t.Parallel()
	s := up(t, "--in-memory")
	created := s.ok(t, []string{"order", "create", "-f", "examples/orders/01-plain.json"},
		`^Order ord_\w+ for 98\.00 USD is placed\.`)
	id := regexp.MustCompile(`ord_\w+`).FindString(created)
	s.ok(t, []string{"order", "watch", id}, `PLACED +the order for 98\.00 USD was placed`, `PAID +98\.00 USD are authorised`,
		`SHIPPING +Sandbox Parcel has the goods, tracking number SP\w+`, `FULFILLED +the order is fulfilled`)
	s.ok(t, []string{"order", "get", id},
		`Order +`+id, `Status +FULFILLED\n`, `Ships to +Ada Brewer, 12 Mill Lane, Portland 97205, US`,
		`Shipment +DISPATCHED, Sandbox Parcel, tracking number SP\w+`, `ITEM +SKU +QUANTITY +PRICE +TOTAL`,
		`Gooseneck kettle, 1 l +kettle-gooseneck-1l +1 +69\.00 USD +69\.00 USD`, `TIME +STATUS +WHAT HAPPENED`)
	const abroad = "examples/orders/14-promotion-and-tax.json"
	breakdown := `Subtotal +90\.50 USD\nDiscount +-13\.58 USD, TABLE15\nShipping +9\.90 USD, standard\n` +
		`Tax +4\.35 USD\nTotal +91\.17 USD\n`
	s.ok(t, []string{"order", "quote", abroad}, `ITEM +SKU`, breakdown)
	code, _, errs := s.cli(t, "order", "create", "-f", abroad, "--expect", "91.16 USD")
	if code != 1 || !strings.Contains(errs, "the total is 91.17 USD") {
		t.Errorf("another total than expected: exit code %d, %s", code, errs)
	}
	created = s.ok(t, []string{"order", "create", "-f", abroad, "--expect", "91.17 USD"},
		`^Order ord_\w+ for 91\.17 USD is placed\..*\n`+breakdown)
	s.ok(t, []string{"order", "get", regexp.MustCompile(`ord_\w+`).FindString(created)}, breakdown)
	created = s.ok(t, []string{"order", "create", "-f", "examples/orders/03-declined-card.json"})
	declined := regexp.MustCompile(`ord_\w+`).FindString(created)
	s.ok(t, []string{"order", "watch", declined}, `REJECTED +the order could not be fulfilled\. The bank declined the payment\.`)
	s.returnGoods(t, id)
	s.ok(t, []string{"order", "list"}, `^ORDER +PLACED +STATUS +TOTAL\n`, declined+` .* REJECTED`, id+` .* FULFILLED +98\.00 USD`)

	token := strings.TrimSpace(s.ok(t, []string{"token", "--sub", "ada"}))
	for _, order := range []string{id, declined} {
		if res, body := s.send(t, "GET", s.API+"/orders/"+order, "Authorization: Bearer "+token, ""); res.StatusCode != 200 {
			t.Errorf("the token of the README's tour does not see %s: %d %s", order, res.StatusCode, body)
		}
	}
	s.ok(t, []string{"notifications"}, `to customer ada: Your order is confirmed\n +Thank you\. Order `+id+` is being packed\. We charge 98\.00 USD`)
}

// returnGoods refunds a part of a fulfilled order, returns one of its two bags, and refunds the
// rest.
func (s *system) returnGoods(t *testing.T, id string) {
	t.Helper()
	s.ok(t, []string{"ops", "refund", id, "--amount", "5.00 USD", "--reason", "goodwill"}, `^Refund rfd_\w+ of 5\.00 USD is requested\.`)
	returned := s.ok(t, []string{"order", "return", id, "--line", "beans-ethiopia-250g=1"}, `^Return ret_\w+ of order `+id+` is recorded`)
	ret := regexp.MustCompile(`ret_\w+`).FindString(returned)
	s.ok(t, []string{"ops", "return", "receive", id, ret, "--line", "beans-ethiopia-250g=1", "--restock"}, `^Return `+ret+` is received`)
	s.ok(t, []string{"ops", "refund", id, "--all", "--reason", "the rest"}, `^Refund rfd_\w+ of 78\.50 USD is requested`)
	eventually(t, "the order is refunded", func() bool {
		_, out, _ := s.cli(t, "ops", "show", id)
		return regexp.MustCompile(`Payment +REFUNDED`).MatchString(out)
	})
	s.ok(t, []string{"ops", "show", id}, `REFUND OR RETURN +STATUS +AMOUNT +GOODS`, `rfd_\w+ +SUCCEEDED +14\.50 USD +1 beans-ethiopia-250g`,
		ret+` +RECEIVED +1 beans-ethiopia-250g`, `5\.00 USD were refunded`, `a return was announced`)
	s.ok(t, []string{"notifications"}, `to customer ada: Your refund\n +We refunded 14\.50 USD of order `+id)
	code, _, errs := s.cli(t, "ops", "return", "refuse", id, ret, "--reason", "worn")
	if code != 1 || !strings.Contains(errs, "InvalidState") {
		t.Errorf("refused after the receipt: exit code %d, %s", code, errs)
	}
}

// TestCLI_operator: an operator sees why an order waits, and what a redrive did.
func TestCLI_operator(t *testing.T) {
	t.Parallel()
	s := up(t, "--in-memory")
	created := s.ok(t, []string{"order", "create", "-f", "examples/orders/10-payment-outage.json"})
	id := regexp.MustCompile(`ord_\w+`).FindString(created)
	eventually(t, "the order needs attention", func() bool {
		_, out, _ := s.cli(t, "ops", "failed")
		return strings.Contains(out, id)
	})
	s.ok(t, []string{"ops", "failed"},
		`^ORDER +STATUS +TOTAL +SINCE +ATTENTION\n`,
		id+`.* PaymentUnavailable at ChargePayment: the payment provider could not be reached`)
	s.ok(t, []string{"ops", "list", "--attention", "yes", "--customer", "ada"},
		`^ORDER +PLACED +CUSTOMER +STATUS +PAYMENT +TOTAL +ATTENTION\n`+id+`.* ada +CONFIRMED`)
	s.ok(t, []string{"ops", "list", "--export", "csv"}, `^orderId,placedAt,.*\n`+
		id+`,\d{4}-\d\d-\d\dT[0-9:]+Z,ada,CONFIRMED,NONE,12200,USD,PaymentUnavailable,ChargePayment,\d{4}-.*Z\n$`)
	s.ok(t, []string{"ops", "list", "--export", "jsonl"}, `^\{"orderId":"`+id+`",.*\}\n$`)
	if code, _, _ := s.cli(t, "ops", "list", "--export", "csv", "--json"); code != 2 {
		t.Errorf("an export of a page: exit code %d", code)
	}
	s.ok(t, []string{"ops", "stuck", "--older-than", "0s"},
		`^ORDER +PLACED +STATUS +WAITS FOR +SINCE\n`+id+`.* CONFIRMED +operator `)
	s.ok(t, []string{"ops", "correct", id, "--email", "new@example.com", "--reason", "the customer called"},
		`^Order `+id+` is corrected`)
	failures := s.ok(t, []string{"ops", "failures"}, `^FAILURE +ORDERS +VALUE +OLDEST +NEWEST +WHY\n[0-9a-f]{12} +1 +122\.00 USD `)
	failure := regexp.MustCompile(`[0-9a-f]{12}`).FindString(failures)
	s.ok(t, []string{"ops", "job", "start", "--failure", failure, "--reason", "x", "--dry-run"},
		`redrive of 1 order, worth 122\.00 USD\..*`+id, `Nothing was changed\.`)
	s.ok(t, []string{"ops", "job", "start", "--failure", "000000000000", "--reason", "x", "--wait", "1m"}, `DONE\n0 orders`)
	s.ok(t, []string{"ops", "show", id},
		`Attention +PaymentUnavailable`, `Execution +arn:aws:states:`, `Failed +at ChargePayment with PaymentUnavailable`,
		`EVENT +TIME +TYPE +STATE +ERROR`, `ExecutionFailed`)
	s.ok(t, []string{"notifications", "--topic", "alerts"}, `to operators: .*\n +Order `+id+` needs attention at ChargePayment`)
	s.ok(t, []string{"sandbox", "outage", "lift"})
	s.ok(t, []string{"ops", "redrive", id, "--reason", "the provider is back"}, `^Order `+id+` resumes`)
	watched := s.ok(t, []string{"order", "watch", id},
		`the order needs an operator\n(.*\n)*.*(needs no operator any more|an operator took care of the order)\n`,
		`FULFILLED +the order is fulfilled`)
	if n := strings.Count(watched, "needs an operator"); n != 1 {
		t.Errorf("the customer sees %d times, not once, that the order needs an operator:\n%s", n, watched)
	}
	s.ok(t, []string{"ops", "show", id},
		`the order needs an operator\n(.*\n)*.*an operator took care of the order: the provider is back`, `Redriven +once, last at`)
}

// TestCLI_review: an operator sees what waits, oldest first, and decides. The next one learns who
// was first.
func TestCLI_review(t *testing.T) {
	t.Parallel()
	s := up(t, "--in-memory", "--param", "ReviewAbove=USD:1000")
	var ids []string
	for range 2 {
		created := s.ok(t, []string{"order", "create", "-f", "examples/orders/01-plain.json"})
		ids = append(ids, regexp.MustCompile(`ord_\w+`).FindString(created))
		s.as("ada").inReview(ids[len(ids)-1])
	}
	first, second := ids[0], ids[1]
	s.ok(t, []string{"ops", "reviews"}, `^ORDER +CUSTOMER +TOTAL +SINCE +UNTIL +REASONS\n`+
		first+` +ada +98\.00 USD .* amount over limit\n`+second)
	s.ok(t, []string{"ops", "review", first, "approve"}, `^Order `+first+` is approved\.`)
	if code, _, errs := s.cli(t, "ops", "review", second, "refuse"); code != 1 || !strings.Contains(errs, "is required to refuse") {
		t.Errorf("refused without a reason: %d %s", code, errs)
	}
	s.ok(t, []string{"ops", "review", second, "refuse", "--reason", "a stolen card"}, `^Order `+second+` is refused\.`)
	if code, _, errs := s.cli(t, "ops", "review", second, "approve", "--as", "ben"); code != 1 ||
		!strings.Contains(errs, "already REFUSED by operator:olga") {
		t.Errorf("decided twice: %d %s", code, errs)
	}
	s.ok(t, []string{"order", "watch", first}, `IN_REVIEW +the order waits for a review\n`, `CONFIRMED +the order was approved\n`,
		`FULFILLED`)
	watched := s.ok(t, []string{"order", "watch", second}, `REJECTED +the order could not be fulfilled\. We are sorry, we cannot accept`)
	if strings.Contains(watched, "stolen") {
		t.Errorf("the customer sees what the operator wrote:\n%s", watched)
	}
	s.ok(t, []string{"ops", "show", second}, `Review +amount over limit, risk score \d+; refused by operator:olga at .*: a stolen card`)
}

// TestCLI_errors: an error names its cause.
func TestCLI_errors(t *testing.T) {
	t.Parallel()
	s := up(t, "--in-memory")
	for _, c := range []struct{ args, want string }{
		{"order list --limit 0", "\n  limit: must be a whole number from 1 to 100"},
		{"order list --limit 101", "\n  limit: must be"},
		{"order list --status SENT", "\n  status: "},
		{"order list --cursor nonsense", "cursor"},
		{"order get ord_unknown", "404"},
		{"order create -f go.mod", "400"},
	} {
		if code, out, errs := s.cli(t, strings.Fields(c.args)...); code != 1 || out != "" || !strings.Contains(errs, c.want) {
			t.Errorf("%s: exit code %d\n%s%s", c.args, code, out, errs)
		}
	}
}

// TestUp_addresses: up listens on loopback unless an address says otherwise, which it warns of.
func TestUp_addresses(t *testing.T) {
	t.Parallel()
	printed := func(args ...string) string {
		s := up(t, append([]string{"--in-memory"}, args...)...)
		s.stop() // after it, all output has been read
		return strings.TrimSuffix(s.stderr.String(), "stopping\n")
	}
	open := printed("--addr", ":0", "--aws-addr", "0.0.0.0:0")
	if !strings.Contains(open, "warning: the AWS endpoint listens at [::]:") || strings.Contains(open, "warning: the API") ||
		!strings.Contains(open, "note: no host was named: it listens at 127.0.0.1:") {
		t.Errorf("up prints %q", open)
	}
	if quiet := printed(); quiet != "" {
		t.Errorf("on loopback up prints %q", quiet)
	}
}

// TestNotifications_topicGone: publishing to a deleted topic names the topic.
func TestNotifications_topicGone(t *testing.T) {
	t.Parallel()
	s := up(t, "--in-memory")
	topics := sns.NewFromConfig(s.config())
	topic := aws.String("arn:aws:sns:us-east-1:000000000000:orderflow-alerts")
	if _, err := topics.DeleteTopic(t.Context(), &sns.DeleteTopicInput{TopicArn: topic}); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), binary(t), "notifications", "--api", s.API).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "the topic orderflow-alerts does not exist") ||
		strings.Contains(string(out), "InternalError") {
		t.Errorf("notifications: %v, %s", err, out)
	}
	s.orderflow(nil, "notifications", "--topic", "notifications")
}
