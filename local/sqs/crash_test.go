package sqs

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// ledger records the answers that callers got.
type ledger struct {
	mu                      sync.Mutex
	sent, deleting, deleted map[string]bool
}

func (l *ledger) note(m map[string]bool, body string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	m[body] = true
}

func (l *ledger) copy(m map[string]bool) map[string]bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(m)
}

// TestCrash_LosesNothingAcknowledged crashes during sends, receives and deletes of many goroutines.
// Afterwards every message is there whose send was acknowledged and that no call deleted, and none
// is there whose deletion was acknowledged.
func TestCrash_LosesNothingAcknowledged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	url := w.create("q", map[string]string{"VisibilityTimeout": "30"})
	l := &ledger{sent: map[string]bool{}, deleting: map[string]bool{}, deleted: map[string]bool{}}
	half := make(chan struct{}, 16)
	var wg sync.WaitGroup
	for g := range 16 {
		wg.Go(func() { w.workload(url, g, l, half) })
	}
	for range 16 {
		<-half
	}
	sent, deleted := l.copy(l.sent), l.copy(l.deleted)
	crashed := w.fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 50, RNG: rand.New(rand.NewPCG(1, 2))})
	deleting := l.copy(l.deleting)
	wg.Wait()
	w.close()
	w.fs = crashed
	w.open()
	w.clock.Advance(30 * time.Second)

	found := map[string]bool{}
	for got := w.receive(url); len(got) > 0; got = w.receive(url) {
		for _, m := range got {
			if found[*m.Body] {
				t.Errorf("%s twice in one visibility timeout", *m.Body)
			}
			found[*m.Body] = true
		}
	}
	if len(sent) < 16 || len(deleted) == 0 {
		t.Fatalf("the crash came too early: %d sent, %d deleted", len(sent), len(deleted))
	}
	for body := range sent {
		if !found[body] && !deleting[body] {
			t.Errorf("%s is lost", body)
		}
	}
	for body := range deleted {
		if found[body] {
			t.Errorf("%s came back after its deletion", body)
		}
	}
}

func (w *world) workload(url string, g int, l *ledger, half chan<- struct{}) {
	for i := range 20 {
		body := fmt.Sprintf("%d-%d", g, i)
		w.send(url, body)
		w.flush()
		l.note(l.sent, body)
		if i == 10 {
			half <- struct{}{}
		}
		if i%2 == 0 {
			continue
		}
		for _, m := range w.receive(url) {
			if len(*m.Body)%2 == 0 {
				continue
			}
			l.note(l.deleting, *m.Body)
			if err := w.svc.Delete(w.t.Context(), url, *m.ReceiptHandle); err != nil {
				w.t.Error(err)
			}
			w.flush()
			l.note(l.deleted, *m.Body)
		}
	}
}
