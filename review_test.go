package orderflow

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// strict are rules with which every order that costs something needs a review.
var strict = ReviewRules{Above: map[string]int64{"USD": 0}}

func byOperator(name, reason string) By {
	return By{At: noon.Add(time.Hour), Actor: "operator:" + name, Reason: reason}
}

// reviewWait returns the wait of the step that waits for the review, at the given retry.
func reviewWait(token string, retry int) Wait {
	return Wait{
		Step: StepAwaitReview, Token: token, Attempt: Attempt{Entered: noon, Retry: retry}, Until: noon.Add(24 * time.Hour),
	}
}

func TestOrder_lifecycle_review(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ story, want string }{
		{"pass", "InvalidState"},
		{"confirm, pass", "ReviewRequired"},
		{"confirm, pass, pass", "ReviewRequired"},
		{"confirm, pass, capture", "InvalidState"},
		{"confirm, await", "InvalidState"},
		{"confirm, approve", "InvalidState"},
		{"confirm, pass, await", "IN_REVIEW NONE RESERVED 4"},
		{"confirm, pass, await, await", "IN_REVIEW NONE RESERVED 4"},
		{"confirm, pass, await, reawait", "IN_REVIEW NONE RESERVED 5"},
		{"confirm, pass, await, reawait, await", "InvalidState"},
		{"confirm, pass, cancel, await", "OrderCancelled"},
		{"confirm, pass, await, approve", "CONFIRMED NONE RESERVED 5"},
		{"confirm, pass, await, approve, approve", "CONFIRMED NONE RESERVED 5"},
		{"confirm, pass, await, approve, refuse", "AlreadyDecided"},
		{"confirm, pass, await, approve, pass, capture", "PAID CAPTURED RESERVED 6"},
		{"confirm, pass, await, approve, expire, capture", "PAID CAPTURED RESERVED 6"},
		{"confirm, pass, await, approve, reawait", "CONFIRMED NONE RESERVED 6"},
		{"confirm, pass, await, approve, pass, capture, approve", "PAID CAPTURED RESERVED 6"},
		{"confirm, pass, await, approve, pass, capture, reawait", "PAID CAPTURED RESERVED 7"},
		{"confirm, pass, approve, await", "CONFIRMED NONE RESERVED 5"},
		{"confirm, pass, await, refuse", "IN_REVIEW NONE RESERVED 5"},
		{"confirm, pass, await, refuse, refuse", "IN_REVIEW NONE RESERVED 5"},
		{"confirm, pass, await, refuse, approve", "AlreadyDecided"},
		{"confirm, pass, await, refuse, pass", "ReviewRefused"},
		{"confirm, pass, await, refuse, expire", "ReviewRefused"},
		{"confirm, pass, await, refuse, release, close", "REJECTED NONE RELEASED 7"},
		{"confirm, pass, await, expire", "ReviewTimedOut"},
		{"confirm, pass, await, expire, approve", "AlreadyDecided"},
		{"confirm, pass, await, expire, expire, release, close", "REJECTED NONE RELEASED 7"},
		{"confirm, pass, await, cancel, approve", "OrderCancelled"},
		{"confirm, pass, await, cancel, refuse", "OrderCancelled"},
		{"confirm, pass, await, approve, cancel", "CONFIRMED NONE RESERVED 6"},
		{"confirm, pass, await, cancel, release, close", "CANCELLED NONE RELEASED 7"},
		{"confirm, pass, await, refuse, cancel, release, close", "CANCELLED NONE RELEASED 8"},
	} {
		t.Run(tt.story, func(t *testing.T) {
			t.Parallel()
			o, err := Place(draft(line("a", 1, usd(5))))
			if err != nil {
				t.Fatal(err)
			}
			if got := play(o, tt.story); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// What the waiting step is told. An approval that came before a cancel counts: the step after it
// sees the cancel.
func TestOrder_Answer_review(t *testing.T) {
	t.Parallel()
	for story, want := range map[string]Answer{
		"approve":         {},
		"approve, cancel": {},
		"refuse":          {CodeReviewRefused, "refused by operator:ben: stolen card"},
		"expire":          {CodeReviewTimedOut, "no operator decided before the deadline"},
		"cancel":          {CodeOrderCancelled, "a cancel was accepted"},
		"refuse, cancel":  {CodeOrderCancelled, "a cancel was accepted"},
	} {
		o, err := Place(draft(line("a", 1, usd(5))))
		if err != nil {
			t.Fatal(err)
		}
		play(o, "confirm, pass, await")
		if a := o.Answer(); a != nil {
			t.Errorf("undecided: %+v", a)
		}
		play(o, story)
		if a := o.Answer(); a == nil || *a != want {
			t.Errorf("%s: %+v", story, a)
		}
	}
}

// The second operator learns who decided.
func TestOrder_Decide_loser(t *testing.T) {
	t.Parallel()
	o, err := Place(draft(line("a", 1, usd(5))))
	if err != nil {
		t.Fatal(err)
	}
	play(o, "confirm, pass, await, approve")
	for _, d := range []ReviewDecision{ReviewApproved, ReviewRefused} {
		err := o.Decide(d, byOperator("ben", "x"))
		if CodeOf(err) != CodeAlreadyDecided || !strings.Contains(err.Error(), "APPROVED by operator:olga at 2026-11-22") {
			t.Errorf("%s: %v", d, err)
		}
	}
}

// The customer of an order that ended by its review gets a sentence; the operator's words stay
// internal.
func TestOrder_Close_review(t *testing.T) {
	t.Parallel()
	for story, want := range map[string]struct {
		reason  Code
		message string
	}{
		"refuse":         {CodeReviewRefused, "We are sorry, we cannot accept this order."},
		"expire":         {CodeReviewTimedOut, "We are sorry, we could not check this order in time."},
		"refuse, cancel": {CodeOrderCancelled, ""},
	} {
		o, err := Place(draft(line("a", 1, usd(5))))
		if err != nil {
			t.Fatal(err)
		}
		play(o, "confirm, pass, await, "+story+", release")
		if err := o.Close(byStep(string(want.reason))); err != nil {
			t.Fatal(err)
		}
		if c := o.Timeline[len(o.Timeline)-1]; c.Message != want.message || c.Reason != string(want.reason) {
			t.Errorf("%s: ended %+v", story, c)
		}
	}
}

// An approval covers the reviewed total and the stock that was held.
func TestOrder_PassReview_changed(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		change func(o *Order)
		want   Code
	}{
		{"unchanged", func(*Order) {}, ""},
		{"less to pay", func(o *Order) { o.Total.Amount-- }, ""},
		{"more to pay", func(o *Order) { o.Total.Amount++ }, CodeReviewRequired},
		{"another currency", func(o *Order) { o.Total.Currency = "EUR" }, ""}, // which has no limit
		{"stock released", func(o *Order) { o.StockStatus = StockReleased }, CodeInvalidState},
	} {
		o, err := Place(draft(line("a", 1, usd(5))))
		if err != nil {
			t.Fatal(err)
		}
		play(o, "confirm, pass, await, approve")
		tt.change(o)
		if err := o.PassReview(strict, false, byStep("")); CodeOf(err) != tt.want || (err == nil) != (tt.want == "") {
			t.Errorf("%s: %v", tt.name, err)
		}
		if again := tt.want == CodeReviewRequired; (o.Status == InReview) != again ||
			again != (o.Review.Decision == "") {
			t.Errorf("%s: %s, review %+v", tt.name, o.Status, o.Review)
		}
	}
}

func TestReviewRules_Reasons(t *testing.T) {
	t.Parallel()
	rules := ReviewRules{Above: map[string]int64{"USD": 1000, "JPY": 501}, Risk: 65, Countries: []string{"US", "CA"}}
	far := Address{Country: "NZ"}
	for _, tt := range []struct {
		name  string
		lines []Line
		to    Address
		want  []ReviewReason
		score int
	}{
		{"at the limit", []Line{line("a", 1, usd(1000))}, Address{Country: "CA"}, nil, 30},
		{"above", []Line{line("a", 1, usd(1001))}, Address{Country: "CA"}, []ReviewReason{"AmountOverLimit"}, 30},
		{"half of the limit", []Line{line("a", 1, usd(500))}, Address{Country: "US"}, nil, 30},
		{"less than half", []Line{line("a", 1, usd(499))}, far, nil, 35},
		{"half of an odd limit", []Line{line("a", 1, Money{250, "JPY"})}, Address{Country: "US"}, nil, 0},
		{"no limit in this currency", []Line{line("a", 1, Money{1 << 40, "EUR"})}, far, nil, 35},
		{"many in two lines", []Line{line("a", 12, usd(1)), line("a", 8, usd(1))}, Address{Country: "US"}, nil, 35},
		{"many of several", []Line{line("a", 19, usd(1)), line("b", 19, usd(1))}, Address{Country: "US"}, nil, 0},
		{"two signs", []Line{line("a", 1, usd(600))}, far, []ReviewReason{"UnusualCountry", "LargeAmount"}, 65},
		{
			"everything", []Line{line("a", 20, usd(100))}, far,
			[]ReviewReason{"AmountOverLimit", "BulkQuantity", "UnusualCountry", "LargeAmount"}, 100,
		},
		{"free", []Line{line("a", 20, usd(0))}, far, nil, 0},
	} {
		d := draft(tt.lines...)
		d.ShippingAddress = tt.to
		o, err := Place(d)
		if err != nil {
			t.Fatal(err)
		}
		if got, score := rules.Reasons(o); !slices.Equal(got, tt.want) || score != tt.score {
			t.Errorf("%s: %v, score %d; want %v, %d", tt.name, got, score, tt.want, tt.score)
		}
		if got, _ := (ReviewRules{}).Reasons(o); got != nil {
			t.Errorf("%s: without rules: %v", tt.name, got)
		}
	}
}

func TestOrder_MarkReviewDue(t *testing.T) {
	t.Parallel()
	o, err := Place(draft(line("a", 1, usd(5))))
	if err != nil {
		t.Fatal(err)
	}
	play(o, "confirm, pass")
	if err := o.AwaitReview(reviewWait("t", 0), By{At: noon}); err != nil {
		t.Fatal(err)
	}
	if early := byAfter(18*time.Hour - 1); o.MarkReviewDue(0, early) || !o.OnlyWaits(0, 0, early.At) {
		t.Error("marked before the last quarter")
	}
	due := byAfter(18 * time.Hour)
	if o.OnlyWaits(0, 0, due.At) || !o.MarkReviewDue(1, due) || o.MarkReviewDue(1, due) || !o.OnlyWaits(0, 0, due.At) {
		t.Error("want exactly one mark")
	}
	if a := o.Attention; a.Code != "ReviewUnanswered" || a.Step != "AwaitReview" || a.RedriveCount != 1 ||
		a.Message != "the order waits for a review until 2026-11-23T12:00:00Z and is rejected then" {
		t.Errorf("%+v", a)
	}
	if play(o, "approve"); o.Attention != nil {
		t.Error("the decision leaves the mark")
	}
}
