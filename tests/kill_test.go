package tests

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/orderflow-dev/orderflow"
)

// TestKill9 kills the system three times with 200 orders in flight, and starts it again on the same
// folder each time. Every order must end as without the kills, and no customer is charged twice.
func TestKill9(t *testing.T) { inEachMode(t, testKill9) }

func testKill9(t *testing.T, args ...string) {
	const n = 200
	dir := t.TempDir()
	args = append(args, "--data", dir)
	s := up(t, args...)
	events := s.listen()
	tr := &traffic{t: t, current: s, accepted: map[string]orderflow.Status{}}

	var customers sync.WaitGroup
	for i := range n {
		customers.Go(func() { tr.placeUntilAccepted(i) })
	}
	moments := rand.New(rand.NewPCG(9, 9))
	for kill := range 3 {
		// Kill at a random moment after some orders have begun.
		eventually(t, "orders are on their way", func() bool { return tr.count() > kill*n/4 })
		<-time.After(time.Duration(moments.IntN(400)) * time.Millisecond)
		tr.restart(func(old *system) *system {
			old.kill()
			return up(t, args...)
		})
	}
	customers.Wait()

	s = tr.current
	ada := s.as("ada")
	for id, want := range tr.accepted {
		if v := ada.ended(id); v.Status != want {
			t.Errorf("order %s ended %s (%s), want %s", id, v.Status, v.reason(), want)
		}
	}
	if orders := scan[orderflow.Order](s, "orders"); len(orders) != n {
		t.Errorf("%d orders, want %d", len(orders), n)
	}
	s.checkInvariants(events)
}

// traffic is customers who repeat a request under its idempotency key until they get an answer.
type traffic struct {
	t        *testing.T
	mu       sync.RWMutex // held for reading during a request; a restart waits for it, a kill does not
	current  *system
	counting sync.Mutex
	accepted map[string]orderflow.Status // the final status of each order
}

func (tr *traffic) system() *system {
	tr.mu.RLock()
	defer tr.mu.RUnlock()
	return tr.current
}

func (tr *traffic) count() int {
	tr.counting.Lock()
	defer tr.counting.Unlock()
	return len(tr.accepted)
}

func (tr *traffic) restart(f func(*system) *system) {
	next := f(tr.system())
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.current = next
}

// methods are the payment methods of the traffic, with the final status of their orders.
var methods = []struct {
	name string
	end  orderflow.Status
}{
	{"pm_card_visa", orderflow.Fulfilled}, {"pm_card_visa", orderflow.Fulfilled}, {"pm_card_visa", orderflow.Fulfilled},
	{"pm_card_chargeDeclined", orderflow.Rejected}, {"pm_sandbox_lost_reply", orderflow.Fulfilled},
}

func (tr *traffic) placeUntilAccepted(i int) {
	method := methods[i%len(methods)]
	body := order(method.name, item{"jar-preserve-500ml", 1 + i%3}, item{"twine-jute-100m", 1})
	key := http.Header{"Idempotency-Key": {fmt.Sprintf("kill-%d", i)}}
	ctx, cancel := context.WithTimeout(tr.t.Context(), settle)
	defer cancel()
	retry := time.NewTicker(50 * time.Millisecond)
	defer retry.Stop()
	for {
		if id, ok := tr.try(ctx, key, body); ok {
			tr.counting.Lock()
			tr.accepted[id] = method.end
			tr.counting.Unlock()
			return
		}
		select {
		case <-ctx.Done():
			tr.t.Errorf("order %d was never accepted", i)
			return
		case <-retry.C:
		}
	}
}

// try makes one attempt with a fresh token. No answer, 5xx and 409 (in flight) are worth another
// attempt.
func (tr *traffic) try(ctx context.Context, key http.Header, body []byte) (orderID string, ok bool) {
	s := tr.system()
	anyone := &caller{s: s}
	claims := []byte(`{"sub":"ada","scopes":["orders:read","orders:write"]}`)
	res, err := anyone.try(ctx, http.MethodPost, "/_local/token", http.Header{"Orderflow-Local": {"1"}}, claims)
	if err != nil || res.Status != http.StatusOK {
		return "", false
	}
	var token struct {
		Token string `json:"access_token"`
	}
	res.into(&token)
	res, err = (&caller{s, token.Token}).try(ctx, http.MethodPost, "/orders", key, body)
	if err != nil || res.Status >= 500 || res.Status == http.StatusConflict {
		return "", false
	}
	if res.Status != http.StatusAccepted {
		tr.t.Errorf("%s: %d %s", res.what, res.Status, res.Body)
		return "", false
	}
	var v view
	res.into(&v)
	return v.OrderID, true
}
