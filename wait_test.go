package orderflow

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"
)

// A cancel answers every wait that has no success, also one of a step that this version does not
// know.
func TestOrder_Answer(t *testing.T) {
	t.Parallel()
	cancelled := &Answer{Code: CodeOrderCancelled, Cause: "a cancel was accepted"}
	for _, tt := range []struct {
		story, step string // step "" is the one that the story set
		want        *Answer
	}{
		{"confirm, capture", "", nil},
		{"confirm, capture, cancel", "", nil},
		{"confirm, capture, request", "", nil},
		{"confirm, capture, request, dispatch", "", &Answer{}},
		{"confirm, capture, request, give up", "", &Answer{CodeShipmentFailed, "AddressUnreachable"}},
		{"confirm, capture, request, cancel", "", cancelled},
		{"confirm, capture, request, give up, cancel", "", cancelled},
		{"confirm, capture, request, dispatch, fulfil", "", nil},
		{"confirm", StepRequestShipment, nil},
		{"confirm", "AwaitMoonrise", nil},
		{"confirm, cancel", "AwaitMoonrise", cancelled},
	} {
		t.Run(tt.story+tt.step, func(t *testing.T) {
			t.Parallel()
			o, err := Place(draft(line("a", 1, usd(5))))
			if err != nil {
				t.Fatal(err)
			}
			play(o, tt.story)
			if tt.step != "" {
				o.Wait = &Wait{Step: tt.step, Token: "t"}
			}
			if got := o.Answer(); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestOrder_OnlyWaits(t *testing.T) {
	t.Parallel()
	o, err := Place(draft(line("a", 1, usd(5))))
	if err != nil {
		t.Fatal(err)
	}
	if o.OnlyWaits(0, 0, noon) {
		t.Error("nothing waits")
	}
	o.Wait = &Wait{Step: "AwaitMoonrise", Since: noon, Until: noon.Add(time.Hour)}
	if !o.OnlyWaits(0, 0, noon.Add(59*time.Minute)) || o.OnlyWaits(0, 0, noon.Add(time.Hour)) {
		t.Error("a wait with a deadline is left alone until then")
	}
	o.MarkAttention(Attention{Code: "X", ExecutionARN: "arn"}, byStep(""))
	if o.OnlyWaits(0, 0, noon) {
		t.Error("the execution has failed")
	}
}

// A wait that an older version stored is that of the carrier, without a deadline.
func TestWait_stored(t *testing.T) {
	t.Parallel()
	const stored = `{"step":"RequestShipment","token":"t",` +
		`"attempt":{"entered":"2026-11-22T12:00:00Z","redrive":1,"retry":2},` +
		`"since":"2026-11-22T12:00:00Z","asked":"2026-11-22T12:00:00Z"}`
	var w Wait
	if err := json.Unmarshal([]byte(stored), &w); err != nil {
		t.Fatal(err)
	}
	if w.Step != StepRequestShipment || w.Attempt.Retry != 2 || !w.Until.IsZero() {
		t.Errorf("read %+v", w)
	}
	if raw, err := json.Marshal(w); err != nil || string(raw) != stored {
		t.Errorf("written as %s, %v", raw, err)
	}
}
