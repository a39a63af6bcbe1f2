package orderflow

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"slices"
	"strings"
	"time"
)

// OrderFilter selects orders. The zero value selects all.
type OrderFilter struct {
	CustomerID string `json:"customerId,omitempty"` // "": of all customers
	Status     Status `json:"status,omitempty"`     // "": any
	Attention  *bool  `json:"attention,omitempty"`  // nil: with and without
	Failure    string `json:"failure,omitempty"`    // the id of a Failure; "": any
	Email      string `json:"email,omitempty"`      // in any case; "": any
}

// Matches reports whether the filter selects the order.
func (f OrderFilter) Matches(o *Order) bool {
	return (f.CustomerID == "" || o.CustomerID == f.CustomerID) && (f.Status == "" || o.Status == f.Status) &&
		(f.Email == "" || EmailKey(o.Email) == EmailKey(f.Email)) && (f.Attention == nil || *f.Attention == (o.Attention != nil)) &&
		(f.Failure == "" || o.Attention != nil && o.Attention.FailureID() == f.Failure)
}

// EmailKey returns the form of an e-mail address by which orders are found: mail servers rarely tell
// case apart, and people do not.
func EmailKey(address string) string { return strings.ToLower(address) }

// Failure is a group of orders that need attention for the same reason: the same code at the same
// step, with messages that differ only in ids, numbers and quoted text.
type Failure struct {
	ID      string // 12 hexadecimal digits, the same for the same reason
	Code    string
	Step    string
	Message string    // without what differs
	Orders  int       // how many
	Value   []Money   // the sum of the orders' totals in each currency
	Oldest  time.Time // since when the first of them needs attention
	Newest  time.Time
	Samples []string // ids of orders, at most failureSamples
}

// failureSamples is how many orders of a failure are named.
const failureSamples = 5

// varying matches what differs between messages of one failure: ids with a prefix, UUIDs and other
// hexadecimal ids, quoted text, and numbers.
var varying = regexp.MustCompile(`\b[a-z]{2,8}_[0-9A-Za-z]{8,}\b` +
	`|\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b` +
	`|\b[0-9a-f]{12,}\b|"[^"]*"|\b[0-9]+(?:[.,:][0-9]+)*\b`)

// Cause returns the message without what differs between orders.
func (a Attention) Cause() string { return varying.ReplaceAllLiteralString(a.Message, "…") }

// FailureID returns the id of the failure that the mark belongs to.
func (a Attention) FailureID() string {
	sum := sha256.Sum256([]byte(a.Code + "\x00" + a.Step + "\x00" + a.Cause()))
	return hex.EncodeToString(sum[:6])
}

// Failures groups the orders that need attention by reason, the largest group first.
func Failures(orders []*Order) []Failure {
	groups := map[string]*Failure{}
	for _, o := range orders {
		a := o.Attention
		if a == nil {
			continue
		}
		id := a.FailureID()
		if groups[id] == nil {
			groups[id] = &Failure{ID: id, Code: a.Code, Step: a.Step, Message: a.Cause(), Oldest: a.Since, Newest: a.Since}
		}
		groups[id].add(o)
	}
	list := make([]Failure, 0, len(groups))
	for _, g := range groups {
		list = append(list, *g)
	}
	slices.SortFunc(list, func(a, b Failure) int {
		return cmp.Or(cmp.Compare(b.Orders, a.Orders), a.Oldest.Compare(b.Oldest), cmp.Compare(a.ID, b.ID))
	})
	return list
}

func (f *Failure) add(o *Order) {
	f.Orders++
	if since := o.Attention.Since; since.Before(f.Oldest) {
		f.Oldest = since
	} else if since.After(f.Newest) {
		f.Newest = since
	}
	if len(f.Samples) < failureSamples {
		f.Samples = append(f.Samples, o.ID)
	}
	f.Value = AddTo(f.Value, o.Total)
}

// AddTo adds an amount to the sums of each currency.
func AddTo(sums []Money, m Money) []Money {
	i := slices.IndexFunc(sums, func(sum Money) bool { return sum.Currency == m.Currency })
	if i < 0 {
		return append(sums, m)
	}
	sums[i].Amount += m.Amount
	return sums
}
