package api

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/orderflow-dev/orderflow"
)

func TestProfile(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	empty := f.get(&ada, "/me").expect(200, "")
	if got := decoded[profileView](empty); got.Email != "" || got.Notifications != orderflow.AllNotifications {
		t.Errorf("got %+v", got)
	}
	const body = `{"name":"Ada","email":"ada@example.com","address":{"name":"Ada","line1":"1 A St","city":"Wien","postalCode":"1010","country":"AT"},"notifications":{"orderShipped":false}}`
	saved := f.do(call{by: &ada, method: "PUT", path: "/me", body: body}).expect(200, "")
	read := f.get(&ada, "/me").expect(200, "")
	if string(read.body) != string(saved.body) || read.header.Get("ETag") != saved.header.Get("ETag") ||
		read.header.Get("ETag") == empty.header.Get("ETag") {
		t.Errorf("got %s %v, then %s %v", saved.body, saved.header, read.body, read.header)
	}
	if got := f.customers["ada"]; got.ID != "ada" || got.Address.Country != "AT" ||
		got.Notifications != (orderflow.Notifications{OrderConfirmed: true, OrderClosed: true}) {
		t.Errorf("got %+v", got)
	}
	f.get(&ada, "/me", "If-None-Match: "+read.header.Get("ETag")).expect(304, "")
	if got := decoded[profileView](f.get(&bob, "/me").expect(200, "")); got.Email != "" {
		t.Errorf("got %+v", got)
	}
	f.do(call{by: &ada, method: "PUT", path: "/me", body: "{}"}).expect(200, "")
	if got := f.customers["ada"]; got.Email != "" || got.Notifications != orderflow.AllNotifications {
		t.Errorf("got %+v", got)
	}
}

func TestPutProfile_refuses(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		body   string
		faults []string
	}{
		"an id":           {`{"id":"bob"}`, []string{"/id"}},
		"a bad e-mail":    {`{"email":"x"}`, []string{"/email"}},
		"half an address": {`{"address":{"name":"A","line1":"B","city":"C"}}`, []string{"/address/country"}},
		"no postal code": {`{"address":{"name":"A","line1":"B","city":"C","country":"DE"}}`,
			[]string{"/address/postalCode"}},
		"a text for a bool": {`{"notifications":{"orderShipped":"yes"}}`, []string{"/notifications/orderShipped"}},
		"unknown notice":    {`{"notifications":{"orderEaten":true}}`, []string{"/notifications/orderEaten"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			res := f.do(call{by: &ada, method: "PUT", path: "/me", body: tt.body}).expect(422, "InvalidRequest")
			if got := res.faults(); !slices.Equal(got, tt.faults) {
				t.Errorf("got %v, want %v", got, tt.faults)
			}
			if len(f.customers) != 0 {
				t.Error("a refused profile was saved")
			}
		})
	}
}

func TestPutProfile_ifMatch(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	put := func(name string, headers ...string) *response {
		return f.do(call{by: &ada, method: "PUT", path: "/me", body: `{"name":"` + name + `"}`, headers: headers})
	}
	none := f.get(&ada, "/me").expect(200, "").header.Get("ETag")
	one := put("one", "If-Match: "+none).expect(200, "").header.Get("ETag")
	two := put("two", "If-Match: "+none+", "+one).expect(200, "").header.Get("ETag")
	for _, stale := range []string{one, none, "W/" + two, "two", "", `""`} {
		put("stale tab", "If-Match: "+stale).expect(412, "PreconditionFailed")
	}
	if got := f.customers["ada"].Name; got != "two" {
		t.Errorf("saved %q", got)
	}
	put("anything", "If-Match: *").expect(200, "")
	put("without", "").expect(200, "")
}

// TestPutProfile_ifNoneMatch checks that "*" saves a first profile and replaces none.
func TestPutProfile_ifNoneMatch(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	put := func(by *Caller, name string, headers ...string) *response {
		return f.do(call{by: by, method: "PUT", path: "/me", body: `{"name":"` + name + `"}`, headers: headers})
	}
	one := put(&ada, "one", "If-None-Match: *").expect(200, "").header.Get("ETag")
	for _, tags := range []string{"*", " * ", one, "W/" + one, `"x", ` + one} {
		put(&ada, "another", "If-None-Match: "+tags).expect(412, "PreconditionFailed")
	}
	put(&ada, "another", "If-Match: "+one, "If-None-Match: *").expect(412, "PreconditionFailed")
	put(&ada, "another", "If-Match: "+`"x"`, `If-None-Match: "x"`).expect(412, "PreconditionFailed")
	if c := f.customers["ada"]; c.Name != "one" || c.Version != 1 {
		t.Errorf("got %+v", c)
	}
	put(&ada, "two", `If-None-Match: "x"`).expect(200, "")
	put(&bob, "Bob", "If-Match: "+f.get(&bob, "/me").header.Get("ETag"), "If-None-Match: *").expect(200, "")
	f.get(&ada, "/me", "If-None-Match: *").expect(304, "")
}

// TestPutProfile_createsOnce checks that only one of several concurrent requests creates the
// profile.
func TestPutProfile_createsOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	statuses := make([]int, 5)
	var all sync.WaitGroup
	for i := range statuses {
		all.Go(func() {
			put := call{by: &ada, method: "PUT", path: "/me", body: fmt.Sprintf(`{"name":"tab %d"}`, i),
				headers: []string{"If-None-Match: *"}}
			statuses[i] = f.do(put).status
		})
	}
	all.Wait()
	slices.Sort(statuses)
	if !slices.Equal(statuses, []int{200, 412, 412, 412, 412}) || f.customers["ada"].Version != 1 {
		t.Errorf("got %v, %+v", statuses, f.customers["ada"])
	}
}

// Two tabs save at the same time: the request with If-Match is refused, the one without overwrites.
func TestPutProfile_concurrently(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	tag := f.get(&ada, "/me").expect(200, "").header.Get("ETag")
	f.conflicts = 3
	f.do(call{by: &ada, method: "PUT", path: "/me", body: `{"name":"two"}`}).expect(200, "")
	if c := f.customers["ada"]; c.Name != "two" || c.Version != 1 {
		t.Errorf("got %+v", c)
	}
	f.do(call{by: &ada, method: "PUT", path: "/me", body: `{"name":"three"}`,
		headers: []string{"If-Match: " + tag}}).expect(412, "PreconditionFailed")
	f.conflicts = changeAttempts
	if f.do(call{by: &ada, method: "PUT", path: "/me", body: `{}`}).expect(503,
		"Conflict").header.Get("Retry-After") != "1" {
		t.Error("no Retry-After")
	}
}
