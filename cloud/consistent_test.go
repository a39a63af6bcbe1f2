package cloud

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// Reads that decide about an order are strongly consistent. With an old version, a task would
// repeat completed work.
func TestReads_areConsistent(t *testing.T) {
	t.Parallel()
	f, cfg := newFake(t, map[string]string{"GetItem": `{}`})
	db := dynamodb.NewFromConfig(cfg)
	orders := &Orders{DB: db, Table: "orders"}
	for name, read := range map[string]func() error{
		"order": func() error { _, err := orders.Order(t.Context(), "ord_1"); return err },
		"step": func() error {
			_, err := (&Steps{DB: db, Table: "steps"}).Step(t.Context(), "ord_1", "charge")
			return err
		},
		"payment": func() error {
			_, err := (&Payments{DB: db, Table: "payments"}).Payment(t.Context(), "ord_1", "charge")
			return err
		},
		"idempotency record": func() error {
			_, err := (&Placements{DB: db, Idempotency: "idempotency"}).Answer(t.Context(), "key", time.Unix(0, 0))
			return err
		},
	} {
		f.asked = nil
		if err := read(); err != nil && name != "order" { // nothing is saved
			t.Errorf("%s: %v", name, err)
		}
		if len(f.asked) != 1 || f.asked[0].in["ConsistentRead"] != true {
			t.Errorf("%s: asked %v", name, f.asked)
		}
	}
}
