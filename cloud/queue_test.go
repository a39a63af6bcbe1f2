package cloud

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/orderflow-dev/orderflow"
)

func TestQueue_Messages(t *testing.T) {
	t.Parallel()
	var ten []string
	for i := range 10 {
		ten = append(ten, fmt.Sprintf(`{"MessageId":"m%d","Body":"b%d","ReceiptHandle":"r%d"}`, i, i, i))
	}
	f, cfg := newFake(t, map[string]string{
		"ReceiveMessage": `{"Messages":[` + strings.Join(ten, ",") + `]}`, "DeleteMessage": `{}`,
	})
	q := &Queue{
		Client: sqs.NewFromConfig(cfg, func(o *sqs.Options) { o.DisableMessageChecksumValidation = true }),
		URL:    "https://sqs.us-east-1.amazonaws.com/000000000000/q",
	}
	n := 0
	for m, err := range q.Messages(t.Context()) {
		wantCode(t, err, "")
		if want := (QueueMessage{fmt.Sprint("m", n%10), fmt.Sprint("b", n%10), fmt.Sprint("r", n%10)}); m != want {
			t.Errorf("got %+v, want %+v", m, want)
		}
		n++
	}
	if n != messagesSeen || len(f.asked) != messagesSeen/10 {
		t.Errorf("saw %d messages in %d calls", n, len(f.asked))
	}
	f.asked = nil
	wantCode(t, q.Delete(t.Context(), "r1"), "")
	if want := map[string]any{"QueueUrl": q.URL, "ReceiptHandle": "r1"}; !reflect.DeepEqual(f.asked[0].in, want) {
		t.Errorf("asked %v", f.asked)
	}
}

func TestQueue_Messages_ends(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, answer string
		want         orderflow.Code
	}{
		{"empty", `{}`, ""}, {"throttled", "!RequestThrottled: later", orderflow.CodeThrottled},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f, cfg := newFake(t, map[string]string{"ReceiveMessage": tt.answer})
			var last error
			for _, err := range (&Queue{
				Client: sqs.NewFromConfig(cfg), URL: "https://sqs.us-east-1.amazonaws.com/0/q",
			}).Messages(t.Context()) {
				last = err
			}
			wantCode(t, last, tt.want)
			if len(f.asked) != 1 {
				t.Errorf("asked %d times", len(f.asked))
			}
		})
	}
}
