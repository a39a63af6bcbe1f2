package system

import (
	"bytes"
	"io"
	"log/slog"
	"testing"
)

func TestProcessLog_Write(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	p := &processLog{log: slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelWarn,
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		}}))}
	for _, chunk := range []string{
		`{"time":"2026-01-02T03:04:05Z","level":"WARN","msg":"invocation fai`,
		"led\",\"function\":\"charge\",\"code\":\"PaymentDeclined\"}\n",
		`{"level":"INFO","msg":"not shown"}` + "\n\n" + "panic: broken\n",
		`{"level":"FATAL","msg":"of no level"}` + "\n", "no end yet",
	} {
		if n, err := io.WriteString(p, chunk); n != len(chunk) || err != nil {
			t.Fatalf("wrote %d of %d, %v", n, len(chunk), err)
		}
	}
	want := `level=WARN msg="invocation failed" code=PaymentDeclined function=charge
level=WARN msg="panic: broken"
level=WARN msg="of no level"
`
	if out.String() != want {
		t.Errorf("got\n%swant\n%s", out.String(), want)
	}
}
