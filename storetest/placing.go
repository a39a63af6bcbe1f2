package storetest

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/orderflow-dev/orderflow"
)

// Placements saves new orders together with the API's answers to them.
type Placements interface {
	Order(ctx context.Context, id string) (*orderflow.Order, error)
	Answer(ctx context.Context, key string, now time.Time) ([]byte, error)
	Place(ctx context.Context, o *orderflow.Order, key string, answer []byte, now, expires time.Time) (earlier []byte,
		err error)
}

// TestPlacements tests that one key places one order until its answer expires.
func TestPlacements(t *testing.T, open func(t *testing.T) Placements) {
	t.Run("once", func(t *testing.T) {
		t.Parallel()
		testPlaceOnce(t, open(t))
	})
	t.Run("concurrently", func(t *testing.T) {
		t.Parallel()
		testPlaceConcurrently(t, open(t))
	})
}

func testPlaceOnce(t *testing.T, p Placements) {
	ctx, expires := t.Context(), noon.Add(48*time.Hour)
	if got, err := p.Answer(ctx, "key", noon); got != nil || err != nil {
		t.Fatalf("got %s, %v", got, err)
	}
	first := NewOrder(t, "ord_1", "a")
	if earlier, err := p.Place(ctx, first, "key", []byte("first"), noon, expires); earlier != nil || err != nil {
		t.Fatalf("got %s, %v", earlier, err)
	}
	if saved, err := p.Order(ctx, first.ID); err != nil || saved.Version != 1 || first.Version != 1 ||
		!saved.PlacedAt.Equal(first.PlacedAt) || len(saved.Timeline) != 1 {
		t.Fatalf("got %+v, %v", saved, err)
	}
	if got, err := p.Answer(ctx, "key", expires.Add(-time.Second)); string(got) != "first" || err != nil {
		t.Fatalf("got %s, %v", got, err)
	}
	second := NewOrder(t, "ord_2", "a")
	if earlier, err := p.Place(ctx, second, "key", []byte("second"), noon, expires); string(earlier) != "first" ||
		err != nil {
		t.Fatalf("got %s, %v", earlier, err)
	}
	if _, err := p.Order(ctx, second.ID); orderflow.CodeOf(err) != orderflow.CodeNotFound || second.Version != 0 {
		t.Fatalf("the second order was saved: %v", err)
	}
	// DynamoDB deletes expired items late, so the clock decides.
	if got, err := p.Answer(ctx, "key", expires); got != nil || err != nil {
		t.Fatalf("got %s, %v", got, err)
	}
	if earlier, err := p.Place(ctx, second, "key", []byte("second"), expires,
		expires.Add(48*time.Hour)); earlier != nil || err != nil {
		t.Fatalf("got %s, %v", earlier, err)
	}
	if got, err := p.Answer(ctx, "key", expires); string(got) != "second" || err != nil {
		t.Fatalf("got %s, %v", got, err)
	}
	if _, err := p.Place(ctx, second, "other key", nil, noon, expires); err == nil {
		t.Fatal("a saved order was placed again")
	}
}

func testPlaceConcurrently(t *testing.T, p Placements) {
	var wg sync.WaitGroup
	var mu sync.Mutex
	var won []byte
	answers := make([][]byte, 50)
	id := func(i int) string { return fmt.Sprintf("ord_%02d", i) }
	for i := range answers {
		o, mine := NewOrder(t, id(i), "a"), fmt.Appendf(nil, "answer %d", i)
		wg.Go(func() {
			earlier, err := p.Place(t.Context(), o, "key", mine, noon, noon.Add(time.Hour))
			if err != nil {
				t.Error(err)
			}
			answers[i] = earlier
			if earlier == nil {
				mu.Lock()
				defer mu.Unlock()
				if won != nil {
					t.Errorf("%s and %s won", won, mine)
				}
				won, answers[i] = mine, mine
			}
		})
	}
	wg.Wait()
	saved := 0
	for i, a := range answers {
		if !bytes.Equal(a, won) {
			t.Errorf("got %s, want %s", a, won)
		}
		if _, err := p.Order(t.Context(), id(i)); err == nil {
			saved++
		}
	}
	if saved != 1 {
		t.Errorf("%d orders are saved", saved)
	}
}
