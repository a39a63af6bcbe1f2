package cloud

import (
	"bytes"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/orderflow-dev/orderflow"
)

func TestOrderLists(t *testing.T) {
	t.Parallel()
	db := localDB(t)
	orders, lists := &Orders{DB: db, Table: "orders"}, &OrderLists{DB: db, Table: "orders"}
	var ids []string // newest first
	statusOf, marked := map[string]orderflow.Status{}, map[string]bool{}
	by := orderflow.By{At: noon, Actor: "step:test"}
	for i := range 30 {
		o := draft(t, i, []string{"ada", "bob"}[i%2])
		o.Email = []string{"Ada@Example.com", "bob@example.com"}[i%2]
		if i%3 == 0 {
			if err := o.Confirm(by); err != nil {
				t.Fatal(err)
			}
		}
		if i%5 == 0 {
			marked[o.ID] = o.MarkAttention(orderflow.Attention{Code: "X", Message: fmt.Sprint("order ", i)}, by)
		}
		if i%7 == 0 { // in the index, but without attention
			o.Refunds = []orderflow.OrderRefund{{ID: "rfd_1", Status: orderflow.RefundRequested}}
		}
		if err := orders.Commit(t.Context(), orderflow.Write{Order: o}); err != nil {
			t.Fatal(err)
		}
		statusOf[o.ID] = o.Status
		ids = append([]string{o.ID}, ids...)
	}
	type list func(after string, limit int) ([]*orderflow.Order, string, error)
	all := func(status orderflow.Status, attention *bool) list {
		return func(after string, limit int) ([]*orderflow.Order, string, error) {
			return lists.FindOrders(t.Context(), orderflow.OrderFilter{Status: status, Attention: attention}, after, limit)
		}
	}
	of := func(customer string, status orderflow.Status) list {
		return func(after string, limit int) ([]*orderflow.Order, string, error) {
			return lists.FindOrders(t.Context(), orderflow.OrderFilter{CustomerID: customer, Status: status}, after, limit)
		}
	}
	ownerOf := func(id string) string { return []string{"bob", "ada"}[slices.Index(ids, id)%2] }
	for name, tt := range map[string]struct {
		list list
		want func(id string) bool
	}{
		"everything": {all("", nil), func(string) bool { return true }},
		"confirmed": {
			all(orderflow.Confirmed, nil), func(id string) bool { return statusOf[id] == orderflow.Confirmed },
		},
		"fulfilled": {all(orderflow.Fulfilled, nil), func(string) bool { return false }},
		"attention": {all("", new(true)), func(id string) bool { return marked[id] }},
		"attention, confirmed": {
			all(orderflow.Confirmed, new(true)),
			func(id string) bool { return marked[id] && statusOf[id] == orderflow.Confirmed },
		},
		"a failure": {
			func(after string, limit int) ([]*orderflow.Order, string, error) {
				f := orderflow.OrderFilter{Failure: orderflow.Attention{Code: "X", Message: "order 99"}.FailureID()}
				return lists.FindOrders(t.Context(), f, after, limit)
			},
			func(id string) bool { return marked[id] },
		},
		"no attention": {all("", new(false)), func(id string) bool { return !marked[id] }},
		"no attention, placed": {
			all(orderflow.Placed, new(false)),
			func(id string) bool { return !marked[id] && statusOf[id] == orderflow.Placed },
		},
		"a customer's": {of("ada", ""), func(id string) bool { return ownerOf(id) == "ada" }},
		"a customer's confirmed": {
			of("bob", orderflow.Confirmed),
			func(id string) bool { return ownerOf(id) == "bob" && statusOf[id] == orderflow.Confirmed },
		},
		"with an e-mail address": {
			func(after string, limit int) ([]*orderflow.Order, string, error) {
				return lists.FindOrders(t.Context(), orderflow.OrderFilter{Email: "aDa@example.com"}, after, limit)
			},
			func(id string) bool { return ownerOf(id) == "ada" },
		},
		"nobody's": {of("eve", ""), func(string) bool { return false }},
	} {
		var want []string
		for _, id := range ids {
			if tt.want(id) {
				want = append(want, id)
			}
		}
		for _, limit := range []int{1, 3, 10, 100} {
			t.Run(fmt.Sprintf("%s by %d", name, limit), func(t *testing.T) {
				t.Parallel()
				var got []string
				pages, next := 0, ""
				for {
					page, after, err := tt.list(next, limit)
					if err != nil {
						t.Fatal(err)
					}
					for _, o := range page {
						got = append(got, o.ID)
					}
					if pages++; after == "" {
						break
					}
					next = after
				}
				if !slices.Equal(got, want) {
					t.Errorf("got %v, want %v", got, want)
				}
				if least := max(1, (len(want)+limit-1)/limit); pages != least {
					t.Errorf("got %d pages, want %d", pages, least)
				}
			})
		}
	}
}

// An index may lag behind the rows: what has changed since is read from the row, once.
func TestOrderLists_staleIndex(t *testing.T) {
	t.Parallel()
	f, cfg := newFake(t, map[string]string{
		"Query": `{"Items": [{"id": {"S": "ord_2"}}, {"id": {"S": "ord_1"}}]}`,
		"BatchGetItem": `{"Responses": {"orders": [` +
			`{"id": {"S": "ord_1"}, "status": {"S": "CONFIRMED"}}, {"id": {"S": "ord_2"}, "status": {"S": "PAID"}}]}}`,
	})
	lists := &OrderLists{DB: dynamodb.NewFromConfig(cfg), Table: "orders"}
	for status, want := range map[orderflow.Status]string{"": "ord_2 ord_1", "CONFIRMED": "ord_1", "PLACED": ""} {
		f.asked = nil
		orders, next, err := lists.FindOrders(t.Context(), orderflow.OrderFilter{Status: status}, "", 10)
		wantCode(t, err, "")
		var got []string
		for _, o := range orders {
			got = append(got, o.ID)
		}
		if strings.Join(got, " ") != want || next != "" {
			t.Errorf("%q: got %v, next %q; want %s", status, got, next, want)
		}
	}
}

// A row that cannot be read is reported, and does not hide the others.
func TestOrderLists_unreadableRow(t *testing.T) {
	t.Parallel()
	_, cfg := newFake(t, map[string]string{
		"Query": `{"Items": [{"id": {"S": "ord_2"}}, {"id": {"S": "ord_1"}}]}`,
		"BatchGetItem": `{"Responses": {"orders": [` +
			`{"id": {"S": "ord_1"}, "status": {"S": "PAID"}}, {"id": {"S": "ord_2"}, "sequence": {"S": "seven"}}]}}`,
	})
	var log bytes.Buffer
	lists := &OrderLists{DB: dynamodb.NewFromConfig(cfg), Table: "orders", Log: slog.New(slog.NewTextHandler(&log, nil))}
	orders, next, err := lists.FindOrders(t.Context(), orderflow.OrderFilter{Status: orderflow.Paid}, "", 10)
	wantCode(t, err, "")
	if len(orders) != 1 || orders[0].ID != "ord_1" || next != "" || !strings.Contains(log.String(), "orderId=ord_2") {
		t.Errorf("got %v, next %q, log %s", orders, next, &log)
	}
}

// A list that reads many orders of which few match ends after some batches, and can be continued.
func TestOrderLists_longSearch(t *testing.T) {
	t.Parallel()
	db := localDB(t)
	orders, lists := &Orders{DB: db, Table: "orders"}, &OrderLists{DB: db, Table: "orders"}
	const limit = 1
	for i := range 2*(limit+1)*maxBatches + 1 {
		o := draft(t, i, "ada")
		if i == 0 {
			wantCode(t, o.Confirm(orderflow.By{At: noon, Actor: "step:test"}), "")
		}
		wantCode(t, orders.Commit(t.Context(), orderflow.Write{Order: o}), "")
	}
	var found, pages int
	for next := ""; pages == 0 || next != ""; pages++ {
		ofAda := orderflow.OrderFilter{CustomerID: "ada", Status: orderflow.Confirmed}
		some, after, err := lists.FindOrders(t.Context(), ofAda, next, limit)
		wantCode(t, err, "")
		found, next = found+len(some), after
	}
	if found != 1 || pages != 3 {
		t.Errorf("found %d orders on %d pages", found, pages)
	}
}

// TestOrderLists_OldestOpen: open orders come oldest first, only those before the time.
func TestOrderLists_OldestOpen(t *testing.T) {
	t.Parallel()
	db := localDB(t)
	orders, lists := &Orders{DB: db, Table: "orders"}, &OrderLists{DB: db, Table: "orders"}
	var open []string // oldest first
	for i := range 12 {
		o := draft(t, i, "ada")
		by := orderflow.By{At: noon, Actor: "step:test"}
		var err error
		switch i % 3 {
		case 1:
			err = o.Confirm(by)
		case 2:
			err = o.Close(by)
		}
		if err == nil {
			err = orders.Commit(t.Context(), orderflow.Write{Order: o})
		}
		if err != nil {
			t.Fatal(err)
		}
		if !o.Status.Final() {
			open = append(open, o.ID)
		}
	}
	before := noon.Add(9 * time.Second) // the orders 0 to 8
	want := open[:6]
	for _, limit := range []int{1, 4, 6, 100} {
		got, more, err := lists.OldestOpen(t.Context(), before, limit)
		if err != nil || len(got) != min(limit, len(want)) || more != (limit < len(want)) {
			t.Fatalf("limit %d: %d orders, more %v, %v", limit, len(got), more, err)
		}
		for i, o := range got {
			if o.ID != want[i] {
				t.Errorf("limit %d: order %d is %s, want %s", limit, i, o.ID, want[i])
			}
		}
	}
}
