package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/orderflow-dev/orderflow/local/states"
)

// Waiting is the engine's performance with many waiting executions. Times are milliseconds.
type Waiting struct {
	Executions   int     `json:"executions"`
	RSS          float64 `json:"residentMB"`
	Heap         float64 `json:"heapMB"`
	RSSRestarted float64 `json:"residentAfterRestartMB"`
	StartUp      float64 `json:"startUpMs"`
	Timers       int     `json:"timers"`
	Window       float64 `json:"windowSeconds"` // the period over which they are due
	LateP50      float64 `json:"lateP50Ms"`
	LateP99      float64 `json:"lateP99Ms"`
	LateMax      float64 `json:"lateMaxMs"`
}

// waits has two machines: one waits for a point in time, and then calls a function; the other waits
// for a task token.
const (
	timerWait = `{"StartAt":"Wait","States":{"Wait":{"Type":"Wait","TimestampPath":"$.at","Next":"Fired"},
		"Fired":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:000000000000:function:Fired","End":true}}}`
	tokenWait = `{"StartAt":"Wait","States":{"Wait":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke.waitForTaskToken","HeartbeatSeconds":86400,
		"Parameters":{"FunctionName":"Submit","Payload":{"token.$":"$$.Task.Token"}},"End":true}}}`
)

// lateness is the function that the executions call when their time has come.
type lateness struct {
	want int
	all  chan struct{} // closed after the expected number of calls
	mu   sync.Mutex
	late []time.Duration
}

func (l *lateness) invoke(_ context.Context, _, _ string, payload []byte) (states.LambdaResult, error) {
	var in struct{ At time.Time }
	if err := json.Unmarshal(payload, &in); err != nil {
		return states.LambdaResult{}, err
	}
	if !in.At.IsZero() {
		l.mu.Lock()
		if l.late = append(l.late, time.Since(in.At)); len(l.late) == l.want {
			close(l.all)
		}
		l.mu.Unlock()
	}
	return states.LambdaResult{Payload: []byte("{}")}, nil
}

func (l *lateness) sorted() []time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Sorted(slices.Values(l.late))
}

// measureWaiting makes half of the executions wait for a token, half for a timer. A tenth of the
// timers is due soon, evenly over some seconds.
func measureWaiting(ctx context.Context, o options, progress io.Writer) (*Waiting, error) {
	root, err := os.MkdirTemp(o.Dir, "orderflow-bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(root)
	const window = 10 * time.Second
	soon := o.Waiting / 20
	w := &Waiting{Executions: o.Waiting, Timers: soon, Window: window.Seconds()}
	l := &lateness{want: soon, all: make(chan struct{})}
	e, err := open(root, o, l.invoke)
	if err != nil {
		return nil, err
	}
	defer func() { e.stop() }()
	// The first is due after all have been started and the service was restarted.
	first := time.Now().Add(time.Duration(o.Waiting)*time.Millisecond/5 + 10*time.Second).Truncate(time.Millisecond)
	if err := e.fillWaiting(ctx, o.Waiting, soon, first, window, progress); err != nil {
		return nil, err
	}
	w.RSS, w.Heap = settled()
	if !o.InMemory {
		e.stop()
		forget()
		again, err := open(root, o, l.invoke)
		if err != nil {
			return nil, err
		}
		e = again
		w.StartUp = ms(e.opened)
		w.RSSRestarted, _ = settled()
	}
	if time.Now().After(first) {
		return nil, fmt.Errorf("start %d executions: timers were due before all were started", o.Waiting)
	}
	fmt.Fprintln(progress, "waiting for the timers")
	select {
	case <-l.all:
	case <-time.After(time.Until(first) + window + time.Minute):
		return nil, fmt.Errorf("wait for %d timers: not all fired in time", soon)
	}
	late := l.sorted()
	w.LateP50, w.LateP99, w.LateMax = ms(late[soon/2]), ms(late[soon*99/100]), ms(late[soon-1])
	return w, nil
}

func (e *engine) fillWaiting(ctx context.Context, n, soon int, first time.Time, window time.Duration,
	progress io.Writer) error {
	timers, err := e.createMachine(ctx, "timers", timerWait)
	if err != nil {
		return err
	}
	tokens, err := e.createMachine(ctx, "tokens", tokenWait)
	if err != nil {
		return err
	}
	return each(n, progress, func(i int) error {
		at, machine := first.Add(time.Hour), timers
		if i < soon {
			at = first.Add(window * time.Duration(i) / time.Duration(soon)).Truncate(time.Millisecond)
		} else if i%2 == 0 {
			machine = tokens
		}
		input := fmt.Sprintf(`{"orderId":%q,"at":%q}`, executionName(i), at.UTC().Format("2006-01-02T15:04:05.000Z"))
		_, err := do[states.StartExecutionOutput](ctx, e, "StartExecution",
			states.StartExecutionInput{StateMachineARN: machine, Name: executionName(i), Input: &input})
		return err
	})
}

// settled returns the resident memory and the heap in use in MB, after a garbage collection.
func settled() (rss, heap float64) {
	forget()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return resident(), float64(m.HeapAlloc) / (1 << 20)
}
