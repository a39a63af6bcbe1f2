package asl

import (
	"os"
	"testing"

	"github.com/orderflow-dev/orderflow/local/asl/jsonpath"
	"github.com/orderflow-dev/orderflow/local/asl/value"
)

func orderMachine(tb testing.TB) ([]byte, *Machine) {
	text, err := os.ReadFile("testdata/order-7.asl.json")
	if err != nil {
		tb.Fatal(err)
	}
	m, diags := Parse(text, Options{})
	if err := diags.Err(); err != nil {
		tb.Fatal(err)
	}
	return text, m
}

const orderInput = `{"orderId":"RUN-0000001","customerId":"c-1","items":[{"sku":"A-1","qty":1,"unitPrice":1250},` +
	`{"sku":"B-2","qty":2,"unitPrice":399},{"sku":"C-3","qty":3,"unitPrice":2000}],"total":8048}`

var orderResults = map[string]string{
	"Validate":        `{"valid":true}`,
	"ReserveStock":    `{"reservationId":"r-RUN-0000001"}`,
	"Charge":          `{"chargeId":"ch-RUN-0000001","amount":8048}`,
	"RecordPaid":      `{"status":"PAID"}`,
	"Ship":            `{"trackingId":"t-RUN-0000001"}`,
	"RecordFulfilled": `{"status":"FULFILLED"}`,
	"Notify":          `{"notified":true}`,
}

// runOrder runs one order; like a host, it appends the events of each step to journal.
func runOrder(tb testing.TB, m *Machine, journal func([]Event)) string {
	x := New(m, simInfo(1))
	in := Input(Start{orderInput})
	for {
		events, commands, err := x.Step(simStart, in)
		if err != nil {
			tb.Fatal(err)
		}
		journal(events)
		for _, c := range commands {
			switch c := c.(type) {
			case ScheduleTask:
				in = TaskSucceeded{c.Task, orderResults[c.StateName]}
			case End:
				if c.Status != Succeeded {
					tb.Fatal(c.Status, *c.Cause)
				}
				return c.Output
			}
		}
	}
}

func BenchmarkStep_order7(b *testing.B) {
	_, m := orderMachine(b)
	b.ReportAllocs()
	for b.Loop() {
		runOrder(b, m, func([]Event) {})
	}
}

func BenchmarkStep_order7Journal(b *testing.B) {
	_, m := orderMachine(b)
	b.ReportAllocs()
	var buf []byte
	size := 0
	for b.Loop() {
		size = 0
		runOrder(b, m, func(events []Event) {
			buf = AppendEvents(buf[:0], events)
			size += len(buf)
		})
	}
	b.ReportMetric(float64(size), "journal-bytes/op")
}

func orderHistory(tb testing.TB, m *Machine) (history []Event, data []byte) {
	runOrder(tb, m, func(events []Event) {
		history = append(history, events...)
		data = AppendEvents(data, events)
	})
	return history, data
}

func BenchmarkRestore_order7(b *testing.B) {
	_, m := orderMachine(b)
	history, _ := orderHistory(b, m)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, _, err := Restore(m, simInfo(1), history); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeEvents_order7(b *testing.B) {
	_, m := orderMachine(b)
	_, data := orderHistory(b, m)
	b.ReportAllocs()
	var events []Event
	for b.Loop() {
		var err error
		if events, err = DecodeEvents(events[:0], data); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParse_order7(b *testing.B) {
	text, _ := orderMachine(b)
	b.ReportAllocs()
	for b.Loop() {
		Parse(text, Options{})
	}
}

func BenchmarkJSONPath(b *testing.B) {
	for _, text := range []string{"$.total", "$.items[2].unitPrice", "$.items[*].sku", "$.items[?(@.qty > 1)].sku",
		"$..unitPrice"} {
		b.Run(text, func(b *testing.B) {
			p, err := jsonpath.Parse(text)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := p.Eval(orderInput); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkIntrinsics(b *testing.B) {
	_, m := orderMachine(b)
	x := New(m, simInfo(1))
	for _, text := range []string{
		"States.Format('order {} of {}', $.orderId, $.customerId)", "States.UUID()", "States.MathAdd($.total, 1)",
		"States.ArrayLength($.items)", "States.Hash($.orderId, 'SHA-256')", "States.JsonToString($)",
	} {
		b.Run(text, func(b *testing.B) {
			e, err := parseExpression(text)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, f := e.eval(x.env(x.root, value.JSON(orderInput)), "x.$"); f != nil {
					b.Fatal(f.text)
				}
			}
		})
	}
}
