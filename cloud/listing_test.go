package cloud

import (
	"fmt"
	"slices"
	"testing"

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
		if i%3 == 0 {
			if err := o.Confirm(by); err != nil {
				t.Fatal(err)
			}
		}
		if i%5 == 0 {
			marked[o.ID] = o.MarkAttention(orderflow.Attention{Code: "X"}, by)
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
			return lists.AllOrders(t.Context(), status, attention, after, limit)
		}
	}
	of := func(customer string, status orderflow.Status) list {
		return func(after string, limit int) ([]*orderflow.Order, string, error) {
			return lists.OrdersOf(t.Context(), customer, status, after, limit)
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

func TestMerge(t *testing.T) {
	t.Parallel()
	order := func(ids ...string) (list []*orderflow.Order) {
		for _, id := range ids {
			list = append(list, &orderflow.Order{ID: id})
		}
		return list
	}
	for name, tt := range map[string]struct {
		lists []orderList
		limit int
		want  string
		next  string
	}{
		"nothing":                  {nil, 2, "", ""},
		"whole lists":              {[]orderList{{order("c", "a"), ""}, {order("b"), ""}}, 5, "cba", ""},
		"cut by the limit":         {[]orderList{{order("c", "a"), ""}, {order("b"), ""}}, 2, "cb", "b"},
		"one goes on":              {[]orderList{{order("f", "e"), "e"}, {order("d", "a"), ""}}, 2, "fe", "e"},
		"a short one goes on":      {[]orderList{{order("f"), "c"}, {order("d", "a"), ""}}, 4, "fd", "c"},
		"none is left before that": {[]orderList{{nil, "c"}, {order("a"), ""}}, 4, "", "c"},
		"seen under two statuses":  {[]orderList{{order("b", "a"), ""}, {order("b"), ""}}, 4, "ba", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			orders, next := merge(tt.lists, tt.limit)
			got := ""
			for _, o := range orders {
				got += o.ID
			}
			if got != tt.want || next != tt.next {
				t.Errorf("got %q, next %q; want %q, next %q", got, next, tt.want, tt.next)
			}
		})
	}
}
