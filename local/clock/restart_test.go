package clock_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/orderflow-dev/orderflow/local/awsapi"
	"github.com/orderflow-dev/orderflow/local/clock"
	"github.com/orderflow-dev/orderflow/local/sqs"
	"github.com/orderflow-dev/orderflow/local/store"
)

// wrong is this machine with its clock set wrong.
type wrong struct {
	clock.Machine
	by time.Duration
}

func (w wrong) Read() (time.Time, time.Duration) {
	wall, awake := w.Machine.Read()
	return wall.Add(w.by), awake
}

// A wait that is pending when the process ends takes no longer if the clock is hours back at the
// next start.
func TestClock_restart(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "db")
	for _, run := range []struct {
		by       time.Duration
		op, body string
	}{
		{0, "CreateQueue", `{"QueueName":"q"}`},
		{0, "SendMessage", `{"QueueUrl":"q","MessageBody":"late","DelaySeconds":1}`},
		{-3 * time.Hour, "ReceiveMessage", `{"QueueUrl":"q","WaitTimeSeconds":20}`},
	} {
		c := clock.New(wrong{clock.NewMachine(), run.by}, nil)
		st, err := store.Open(dir, store.Options{Now: c.Now})
		if err != nil {
			t.Fatal(err)
		}
		c.NotBefore(st.LastCommit())
		s, err := sqs.New(st, c)
		if err != nil {
			t.Fatal(err)
		}
		if run.op != "ReceiveMessage" {
			if _, err := s.Do(awsapi.WithIdentity(t.Context(), awsapi.Identity{}), run.op, []byte(run.body)); err != nil {
				t.Fatal(err)
			}
		} else if got, err := s.Receive(t.Context(), "q", 1, 20*time.Second); err != nil || len(got) != 1 {
			t.Errorf("received %v, %v", got, err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if err := st.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
