package main

import (
	"bytes"
	"testing"

	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/client"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/screen"
)

// TestWatcher_show checks that JSON entries are those of the API, each printed once.
func TestWatcher_show(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	w := watcher{out: screen.New(&out), asJSON: true}
	for _, answer := range []string{
		`{"status":"PLACED","timeline":[{"sequence":1,"type":"Order Placed"}]}`,
		`{"status":"PAID","timeline":[{"sequence":1,"type":"Order Placed"},{"sequence":2,"unheard":"of"}]}`,
	} {
		o := client.Order{Answer: []byte(answer)}
		if err := decode(o.Answer, &o); err != nil {
			t.Fatal(err)
		}
		if err := w.show(o); err != nil {
			t.Fatal(err)
		}
	}
	if want := `{"sequence":1,"type":"Order Placed"}` + "\n" + `{"sequence":2,"unheard":"of"}` +
		"\n"; out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", &out, want)
	}
}
