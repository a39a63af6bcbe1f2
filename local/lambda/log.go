package lambda

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// maxLogTail is how much of a request's log LogResult returns.
const maxLogTail = 4 << 10

// logTail keeps the end of what an execution environment logs. An environment serves one request at
// a time: what it holds is that request's.
type logTail struct {
	mu   sync.Mutex
	text []byte
}

// Write implements io.Writer.
func (l *logTail) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = lastBytes(append(l.text, lastBytes(p)...))
	return len(p), nil
}

func lastBytes(p []byte) []byte { return p[max(0, len(p)-maxLogTail):] }

// begin discards what was logged before: by another request, or by the init phase.
func (l *logTail) begin() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = nil
}

type wantsLogKey struct{}

// withLog requests the log of the request that is made in ctx: LogType Tail.
func withLog(ctx context.Context) context.Context { return context.WithValue(ctx, wantsLogKey{}, true) }

func wantsLog(ctx context.Context) bool { return ctx.Value(wantsLogKey{}) != nil }

// log is the end of the request's log: what the function wrote, between the lines that Lambda
// itself writes.
func (x *execution) log(took time.Duration) []byte {
	var written []byte
	if x.env != nil {
		x.env.log.mu.Lock()
		written = append(written, x.env.log.text...)
		x.env.log.mu.Unlock()
	}
	if n := len(written); n > 0 && written[n-1] != '\n' {
		written = append(written, '\n')
	}
	millis := took.Seconds() * 1000
	text := fmt.Appendf(nil, "START RequestId: %s Version: $LATEST\n%sEND RequestId: %s\n", x.requestID, written, x.requestID)
	text = fmt.Appendf(text, "REPORT RequestId: %s\tDuration: %.2f ms\tBilled Duration: %d ms\tMemory Size: %d MB\n",
		x.requestID, millis, int(millis)+1, x.f.MemoryMB)
	return lastBytes(text)
}
