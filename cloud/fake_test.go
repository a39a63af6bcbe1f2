package cloud

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// fakeAWS answers each operation with a prepared reply and records the requests.
type fakeAWS struct {
	t       *testing.T
	answers map[string]string // by operation: a JSON body, or "!Type: message" for an error
	mu      sync.Mutex
	asked   []call
}

type call struct {
	op string
	in map[string]any
}

func (f *fakeAWS) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		f.t.Error(err)
	}
	_, op, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	c := call{op: op}
	if err := json.Unmarshal(body, &c.in); err != nil {
		f.t.Errorf("%s: %v", op, err)
	}
	f.mu.Lock()
	f.asked = append(f.asked, c)
	f.mu.Unlock()
	answer, ok := f.answers[op]
	if !ok {
		f.t.Errorf("%s was not expected", op)
	}
	w.Header().Set("Content-Type", r.Header.Get("Content-Type"))
	if failure, failed := strings.CutPrefix(answer, "!"); failed {
		kind, message, _ := strings.Cut(failure, ": ")
		w.Header().Set("X-Amzn-ErrorType", kind)
		w.WriteHeader(http.StatusBadRequest)
		answer = `{"__type":"` + kind + `","message":"` + message + `"}`
	}
	if _, err := io.WriteString(w, answer); err != nil {
		f.t.Error(err)
	}
}

func newFake(t *testing.T, answers map[string]string) (*fakeAWS, aws.Config) {
	f := &fakeAWS{t: t, answers: answers}
	return f, configOf(f)
}
