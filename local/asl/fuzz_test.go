package asl

import (
	"os"
	"testing"
	"time"

	"github.com/orderflow-dev/orderflow/local/asl/value"
)

// FuzzParse: no definition panics, and an accepted one runs and ends or waits.
func FuzzParse(f *testing.F) {
	if text, err := os.ReadFile("testdata/order-7.asl.json"); err == nil {
		f.Add(string(text))
	}
	for _, s := range []string{
		`{"StartAt":"A","States":{"A":{"Type":"Map","ItemsPath":"$.items","ItemProcessor":{"StartAt":"B",` +
			`"States":{"B":{"Type":"Pass","End":true}}},"End":true}}}`,
		`{"StartAt":"A","States":{"A":{"Type":"Parallel","Branches":[{"StartAt":"B",` +
			`"States":{"B":{"Type":"Fail","ErrorPath":"States.Format('{}',$.n)"}}}],` +
			`"Retry":[{"ErrorEquals":["States.ALL"],"MaxAttempts":1}],"Catch":[{"ErrorEquals":["3"],` +
			`"Next":"C"}],"End":true},"C":{"Type":"Succeed"}}}`,
		`{"StartAt":"A","States":{"A":{"Type":"Choice","Choices":[{"And":[{"Variable":"$.ok",` +
			`"BooleanEquals":true},{"Not":{"Variable":"$.x","StringMatches":"a*"}}],"Next":"A"}]}}}`,
		`{"StartAt":"A","States":{"A":{"Type":"Wait","SecondsPath":"$.n","Assign":{"x.$":"States.Array($$,$x)"},` +
			`"Next":"A"}}}`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		m, diags := Parse([]byte(text), Options{AnyIntegration: true})
		if (m == nil) != (diags.Err() != nil) {
			t.Fatalf("machine %v with %v", m, diags)
		}
		if m == nil {
			return
		}
		x := New(m, simInfo(1))
		in := Input(Start{simInput})
		now := simStart
		for range 200 {
			now = now.Add(time.Second)
			_, commands, err := x.Step(now, in)
			if err != nil {
				t.Fatal(err)
			}
			if in = answer(commands, x); in == nil {
				return
			}
		}
	})
}

// answer returns an input that fits the execution.
func answer(commands []Command, x *Execution) Input {
	for _, c := range commands {
		switch c := c.(type) {
		case ScheduleTask:
			return TaskSucceeded{c.Task, `{"ok":true}`}
		case SetTimer:
			return TimerFired{c.Timer}
		}
	}
	for _, c := range x.outstanding() {
		switch c := c.(type) {
		case ScheduleTask:
			return TaskSucceeded{c.Task, `{"ok":true}`}
		case SetTimer:
			return TimerFired{c.Timer}
		}
	}
	return nil
}

// FuzzIntrinsic: no expression panics, and every result is JSON.
func FuzzIntrinsic(f *testing.F) {
	for _, s := range []string{
		`States.Format('a {} \{\} {}', $.a, States.JsonToString($))`, `States.ArrayRange(1, 9, $.n)`,
		`States.ArrayPartition($.l, 2)`,
		`States.MathRandom(-5, 5, 3)`, `States.StringSplit($.s, ',; ')`, `States.JsonMerge($, $$.Execution, false)`,
		`States.StringToJson($.s)`,
		`States.ArrayGetItem(States.Array(1, null, 'x'), States.MathAdd($.n, -1))`, `States.Base64Decode('AA==')`,
		`States.Hash('x', 'MD5')`, `States.ArrayUnique($.l)`,
	} {
		f.Add(s, `{"a":1,"n":2,"l":[1,1.0,[2]],"s":"x,y;[1]"}`)
	}
	m, _ := Parse([]byte(`{"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":5,"End":true}}}`), Options{})
	f.Fuzz(func(t *testing.T, text, input string) {
		e, err := parseExpression(text)
		if err != nil {
			return
		}
		in, err := value.Parse(input)
		if err != nil {
			return
		}
		x := New(m, simInfo(1))
		if _, _, err := x.Step(simStart, Start{input}); err != nil {
			t.Fatal(err)
		}
		v, fault := e.eval(x.env(x.root, in), "x.$")
		if fault != nil {
			return
		}
		if _, err := value.Parse(string(v)); err != nil {
			t.Fatalf("%s over %s = %s: %v", text, in, v, err)
		}
	})
}

// FuzzDecodeEvents: no bytes panic.
func FuzzDecodeEvents(f *testing.F) {
	_, m := orderMachine(f)
	_, data := orderHistory(f, m)
	f.Add(data)
	f.Fuzz(func(t *testing.T, data []byte) {
		events, err := DecodeEvents(nil, data)
		if err != nil {
			return
		}
		again, err := DecodeEvents(nil, AppendEvents(nil, events))
		if err != nil || len(again) != len(events) {
			t.Fatalf("%d events become %d: %v", len(events), len(again), err)
		}
	})
}
