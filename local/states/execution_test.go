package states

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/orderflow-dev/orderflow/local/asl"
)

func TestService_StartExecution(t *testing.T) {
	t.Parallel()
	h := start(t, nil)
	h.machine("m", hourMachine)
	const sm = `"stateMachineArn":"arn:aws:states:us-east-1:000000000000:stateMachine:m"`
	first, err := h.wire("StartExecution", `{`+sm+`,"name":"x","input":"{\"a\":1}"}`)
	if want := `{"executionArn":"arn:aws:states:us-east-1:000000000000:execution:m:x","startDate":1795348800}`; err != nil || first != want {
		t.Fatalf("started %s, %v, want %s", first, err, want)
	}
	again, err := h.wire("StartExecution", `{`+sm+`,"name":"x","input":"{\"a\":1}"}`)
	if err != nil || again != first {
		t.Errorf("the same again = %s, %v", again, err)
	}
	unnamed, err := h.wire("StartExecution", `{`+sm+`}`)
	if err != nil || unnamed == first {
		t.Errorf("without a name = %s, %v", unnamed, err)
	}
	for _, tt := range []struct{ name, input, typ, message string }{
		{"other input", `{` + sm + `,"name":"x","input":"{\"a\":2}"}`, "ExecutionAlreadyExists",
			"Execution Already Exists: 'arn:aws:states:us-east-1:000000000000:execution:m:x'"},
		{"input is not JSON", `{` + sm + `,"input":"{a"}`, "InvalidExecutionInput",
			"Invalid State Machine Execution Input: '"},
		{"large input", `{` + sm + `,"input":"\"` + strings.Repeat("x", 262_143) + `\""}`, "ValidationException",
			"262144"},
		{"long trace header", `{` + sm + `,"traceHeader":"` + strings.Repeat("x", 257) + `"}`,
			"ValidationException", "traceHeader"},
		{"forbidden name", `{` + sm + `,"name":"a/b"}`, "InvalidName", "Invalid Name: 'a/b'"},
		{"unknown machine", `{"stateMachineArn":"arn:aws:states:us-east-1:000000000000:stateMachine:none"}`,
			"StateMachineDoesNotExist", "State Machine Does Not Exist: 'arn:"},
		{"other account", `{"stateMachineArn":"arn:aws:states:us-east-1:000000000001:stateMachine:m"}`,
			"StateMachineDoesNotExist", "stateMachine:m"},
		{"no ARN", `{"stateMachineArn":"m"}`, "InvalidArn", "Invalid Arn: 'Invalid ARN prefix: m'"},
		{"other resource", `{"stateMachineArn":"arn:aws:states:us-east-1:000000000000:execution:m:x"}`,
			"InvalidArn", "Resource type not valid in this context: execution"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := h.wire("StartExecution", tt.input)
			wantError(t, err, tt.typ, tt.message)
		})
	}
	if _, err := h.wire("StopExecution",
		`{"executionArn":"arn:aws:states:us-east-1:000000000000:execution:m:x"}`); err != nil {
		t.Fatal(err)
	}
	_, err = h.wire("StartExecution", `{`+sm+`,"name":"x","input":"{\"a\":1}"}`)
	wantError(t, err, "ExecutionAlreadyExists", "execution:m:x'")
}

func TestService_StartExecution_SameNameAtOnce(t *testing.T) {
	t.Parallel()
	h := start(t, nil)
	machine := h.machine("m", hourMachine)
	var wg sync.WaitGroup
	var mu sync.Mutex
	exists := 0
	for i := range 20 {
		wg.Go(func() {
			input := fmt.Sprint(i % 2)
			if _, err := h.StartExecution(t.Context(),
				StartExecutionInput{StateMachineARN: machine, Name: "x", Input: &input}); err != nil {
				mu.Lock()
				exists++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if exists != 10 {
		t.Errorf("%d of 20 starts were refused, want the 10 with the other input", exists)
	}
	if out, err := h.ListExecutions(t.Context(),
		ListExecutionsInput{StateMachineARN: machine}); err != nil || len(out.Executions) != 1 {
		t.Errorf("%d executions, %v", len(out.Executions), err)
	}
}

func TestService_DescribeExecution(t *testing.T) {
	t.Parallel()
	h := start(t, nil)
	running := h.begin(h.machine("hour", hourMachine), "r", `{"a":1}`)
	failed := h.begin(h.machine("fail", failMachine), "f", `{}`)
	done := h.begin(h.machine("pass", passMachine), "p", `{"b": 2}`)
	for arn, want := range map[string]string{
		running: `{"executionArn":"` + running +
			`","stateMachineArn":"arn:aws:states:us-east-1:000000000000:stateMachine:hour","name":"r",` +
			`"status":"RUNNING",` +
			`"startDate":1795348800,"input":"{\"a\":1}","inputDetails":{"included":true},"redriveCount":0,` +
			`"redriveStatus":"NOT_REDRIVABLE",` +
			`"redriveStatusReason":"Execution is RUNNING and cannot be redriven"}`,
		failed: `{"executionArn":"` + failed +
			`","stateMachineArn":"arn:aws:states:us-east-1:000000000000:stateMachine:fail","name":"f",` +
			`"status":"FAILED",` +
			`"startDate":1795348800,"stopDate":1795348800,"input":"{}","inputDetails":{"included":true},` +
			`"error":"Broken","cause":"by design","redriveCount":0,"redriveStatus":"REDRIVABLE"}`,
		done: `{"executionArn":"` + done +
			`","stateMachineArn":"arn:aws:states:us-east-1:000000000000:stateMachine:pass","name":"p",` +
			`"status":"SUCCEEDED",` +
			`"startDate":1795348800,"stopDate":1795348800,"input":"{\"b\": 2}","inputDetails":{"included":true},` +
			`"output":"{\"b\": 2}","outputDetails":{"included":true},` +
			`"redriveCount":0,"redriveStatus":"NOT_REDRIVABLE",` +
			`"redriveStatusReason":"Execution is SUCCEEDED and cannot be redriven"}`,
	} {
		if got, err := h.wire("DescribeExecution", `{"executionArn":"`+arn+`"}`); err != nil || got != want {
			t.Errorf("described %s, %v\nwant %s", got, err, want)
		}
	}
	_, err := h.wire("DescribeExecution", `{"executionArn":"`+running+`2"}`)
	wantError(t, err, "ExecutionDoesNotExist", "Execution Does Not Exist: '"+running+"2'")
	_, err = h.wire("DescribeExecution", `{"executionArn":"arn:aws:states:us-east-1:000000000000:execution:hour"}`)
	wantError(t, err, "InvalidArn", "Invalid Arn: ")
}

func TestService_StopExecution(t *testing.T) {
	t.Parallel()
	h := start(t, nil)
	arn := h.begin(h.machine("m", hourMachine), "x", `{}`)
	h.clock.Advance(5 * time.Second)
	for range 2 { // the second call finds it stopped
		got, err := h.wire("StopExecution", `{"executionArn":"`+arn+`","error":"Cancelled","cause":"by the customer"}`)
		if err != nil || got != `{"stopDate":1795348805}` {
			t.Errorf("stopped %s, %v", got, err)
		}
		h.clock.Advance(time.Second)
	}
	if got := h.describe(arn); got.Status != asl.Aborted || *got.Error != "Cancelled" || *got.Cause != "by the customer" {
		t.Errorf("described %+v", got)
	}
	if n := h.timers.len(); n != 0 {
		t.Errorf("%d timers are left", n)
	}
	_, err := h.StopExecution(t.Context(), StopExecutionInput{ExecutionARN: arn, Error: text(strings.Repeat("e", 257))})
	wantError(t, err, "ValidationException", "256")
}

func TestService_ListExecutions(t *testing.T) {
	t.Parallel()
	h := start(t, nil)
	machine := h.machine("m", `{"StartAt":"C","States":{
		"C":{"Type":"Choice","Choices":[{"Variable":"$.n","NumericEquals":1,"Next":"F"},{"Variable":"$.n","NumericEquals":2,"Next":"W"}],"Default":"P"},
		"F":{"Type":"Fail","Error":"E"},"W":{"Type":"Wait","Seconds":60,"End":true},"P":{"Type":"Pass","End":true}}}`)
	const n = 25
	for i := range n {
		h.begin(machine, fmt.Sprintf("x%02d", i), fmt.Sprintf(`{"n":%d}`, i%3))
		h.clock.Advance(time.Millisecond)
	}
	// The executions that changed last come first, whenever they started.
	if _, err := h.StopExecution(t.Context(),
		StopExecutionInput{ExecutionARN: h.arns.execution("m", "x11")}); err != nil {
		t.Fatal(err)
	}
	h.clock.Advance(time.Millisecond)
	for _, name := range []string{"x02", "x20"} { // one of them runs again
		if _, err := h.StopExecution(t.Context(),
			StopExecutionInput{ExecutionARN: h.arns.execution("m", name)}); err != nil {
			t.Fatal(err)
		}
	}
	h.clock.Advance(time.Millisecond)
	if _, err := h.RedriveExecution(t.Context(),
		RedriveExecutionInput{ExecutionARN: h.arns.execution("m", "x20")}); err != nil {
		t.Fatal(err)
	}
	h.clock.Advance(time.Millisecond)
	if _, err := h.RedriveExecution(t.Context(),
		RedriveExecutionInput{ExecutionARN: h.arns.execution("m", "x07")}); err != nil {
		t.Fatal(err)
	}
	all := func(in ListExecutionsInput) (names []string) {
		in.StateMachineARN = machine
		for {
			out, err := h.ListExecutions(t.Context(), in)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range out.Executions {
				names = append(names, e.Name)
			}
			if in.NextToken = out.NextToken; in.NextToken == "" {
				return names
			}
		}
	}
	expect := func(keep func(i int) bool) (names []string) {
		touched := []int{7, 20, 2, 11}
		order := slices.Clone(touched)
		for i := n - 1; i >= 0; i-- {
			if !slices.Contains(touched, i) {
				order = append(order, i)
			}
		}
		for _, i := range order {
			if keep(i) {
				names = append(names, fmt.Sprintf("x%02d", i))
			}
		}
		return names
	}
	aborted := func(i int) bool { return i == 2 || i == 11 }
	for _, tt := range []struct {
		name string
		in   ListExecutionsInput
		keep func(i int) bool
	}{
		{"all", ListExecutionsInput{}, func(int) bool { return true }},
		{"running", ListExecutionsInput{StatusFilter: asl.Running}, func(i int) bool { return i%3 == 2 && !aborted(i) }},
		{"failed", ListExecutionsInput{StatusFilter: asl.Failed}, func(i int) bool { return i%3 == 1 }},
		{"succeeded", ListExecutionsInput{StatusFilter: asl.Succeeded}, func(i int) bool { return i%3 == 0 }},
		{"aborted", ListExecutionsInput{StatusFilter: asl.Aborted}, aborted},
		{"timed out", ListExecutionsInput{StatusFilter: asl.TimedOut}, func(int) bool { return false }},
		{"redriven", ListExecutionsInput{RedriveFilter: "REDRIVEN"}, func(i int) bool { return i == 7 || i == 20 }},
		{"not redriven and failed", ListExecutionsInput{RedriveFilter: "NOT_REDRIVEN", StatusFilter: asl.Failed},
			func(i int) bool { return i%3 == 1 && i != 7 }},
	} {
		for _, page := range []int{0, 1, 4, 1000} {
			t.Run(fmt.Sprintf("%s by %d", tt.name, page), func(t *testing.T) {
				tt.in.MaxResults = page
				if got, want := all(tt.in), expect(tt.keep); !slices.Equal(got, want) {
					t.Errorf("names = %v\nwant    %v", got, want)
				}
			})
		}
	}
	for in, message := range map[ListExecutionsInput]string{
		{StateMachineARN: machine, StatusFilter: "DONE"}:            "statusFilter",
		{StateMachineARN: machine, RedriveFilter: "YES"}:            "redriveFilter",
		{StateMachineARN: machine, StatusFilter: "PENDING_REDRIVE"}: "PENDING_REDRIVE",
		{StateMachineARN: machine, MaxResults: 1001}:                "maxResults",
		{}: "stateMachineArn",
		{StateMachineARN: machine, MapRunARN: "arn:aws:states:us-east-1:000000000000:mapRun:m/M:1"}: "not both",
	} {
		_, err := h.ListExecutions(t.Context(), in)
		wantError(t, err, "ValidationException", message)
	}
}

// TestService_RenewListing reads list entries and marks of running executions as an earlier version
// wrote them.
func TestService_RenewListing(t *testing.T) {
	t.Parallel()
	h := start(t, nil)
	machine := h.machine("m", hourMachine)
	for _, name := range []string{"a", "b", "c"} {
		h.begin(machine, name, `{}`)
		h.clock.Advance(time.Second)
	}
	for _, name := range []string{"b", "a"} {
		if _, err := h.StopExecution(t.Context(),
			StopExecutionInput{ExecutionARN: h.arns.execution("m", name)}); err != nil {
			t.Fatal(err)
		}
		h.clock.Advance(time.Second)
	}
	h.stop()
	b := h.store.NewBatch()
	for p, err := range h.store.Scan(listKeys, listKeys.End()) {
		if err != nil {
			t.Fatal(err)
		}
		b.Set(append(oldListKeys.Clone().String("m"), statusCode(asl.Aborted)).Uint(lastUint(p.Key)), p.Value)
		b.Delete(p.Key)
	}
	c := mark{idle: true, due: millis(testStart.Add(time.Hour + 2*time.Second))}.encode(nil, "m")
	b.Set(runningKey(3), c[:len(c)-1])
	if err := b.Commit(); err != nil {
		t.Fatal(err)
	}
	again := startOn(t, h.store, h.clock, Options{}, newFunctions(nil))
	t.Cleanup(again.stop)
	out, err := again.ListExecutions(t.Context(), ListExecutionsInput{StateMachineARN: machine})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range out.Executions {
		names = append(names, e.Name)
	}
	if !slices.Equal(names, []string{"a", "b", "c"}) {
		t.Errorf("names = %v", names)
	}
}

func TestService_StartExecution_invalidInput(t *testing.T) {
	t.Parallel()
	h := start(t, nil)
	machine := h.machine("m", passMachine)
	const expecting = ": was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')'"
	for input, message := range map[string]string{
		"":           "Invalid State Machine Execution Input: 'Invalid execution input.'",
		" ":          "'Invalid execution input.'",
		"hello you":  "Invalid State Machine Execution Input: 'Unrecognized token 'hello'" + expecting,
		`{"a":nope}`: "'Unrecognized token 'nope'" + expecting,
		`{"a":1`:     "Invalid State Machine Execution Input: 'Unexpected end-of-input'",
		`{"a" 1}`:    "'Unexpected character ('1' (code 49)): was expecting a colon to separate field name and value'",
	} {
		_, err := h.StartExecution(t.Context(), StartExecutionInput{StateMachineARN: machine, Input: &input})
		wantError(t, err, "InvalidExecutionInput", message)
	}
}

func TestService_GetExecutionHistory(t *testing.T) {
	t.Parallel()
	h := start(t, map[string]func(string) (string, error){"a": echo, "b": echo})
	arn := h.begin(h.machine("two", twoTasks), "x", `{"secret":1}`)
	h.ended(arn)
	const n = 12
	ids := func(in GetExecutionHistoryInput) (ids []int) {
		in.ExecutionARN = arn
		for {
			out, err := h.GetExecutionHistory(t.Context(), in)
			if err != nil {
				t.Fatal(err)
			}
			var events []struct {
				ID        int     `json:"id"`
				Timestamp float64 `json:"timestamp"`
			}
			if err := json.Unmarshal(out.Events, &events); err != nil {
				t.Fatal(err)
			}
			for _, e := range events {
				ids = append(ids, e.ID)
				if e.Timestamp != 1795348800 {
					t.Errorf("event %d at %f", e.ID, e.Timestamp)
				}
			}
			if in.NextToken = out.NextToken; in.NextToken == "" {
				return ids
			}
		}
	}
	want := make([]int, n)
	for i := range want {
		want[i] = i + 1
	}
	for _, page := range []int{0, 1, 5, 12} {
		if got := ids(GetExecutionHistoryInput{MaxResults: page}); !slices.Equal(got, want) {
			t.Errorf("ids by %d = %v", page, got)
		}
		got := ids(GetExecutionHistoryInput{MaxResults: page, ReverseOrder: true})
		slices.Reverse(got)
		if !slices.Equal(got, want) {
			t.Errorf("ids in reverse by %d = %v", page, got)
		}
	}
	out, err := h.wire("GetExecutionHistory", `{"executionArn":"`+arn+`","includeExecutionData":false}`)
	if err != nil || strings.Contains(out, "secret") {
		t.Errorf("without data: %s, %v", out, err)
	}
	first, err := h.wire("GetExecutionHistory", `{"executionArn":"`+arn+`","maxResults":1}`)
	if want := `{"events":[{"timestamp":1795348800,"type":"ExecutionStarted","id":1,"previousEventId":0,` +
		`"executionStartedEventDetails":` +
		`{"input":"{\"secret\":1}","inputDetails":{"truncated":false},"roleArn":"` + role +
		`"}}],"nextToken":"`; err != nil || !strings.HasPrefix(first, want) {
		t.Errorf("first page = %s, %v\nwant %s", first, err, want)
	}
	_, err = h.wire("GetExecutionHistory", `{"executionArn":"`+arn+`","nextToken":"aGFsbG8"}`)
	wantError(t, err, "InvalidToken", "Invalid token")
}
