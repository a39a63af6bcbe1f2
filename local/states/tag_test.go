package states

import (
	"strings"
	"testing"
)

func TestService_Tags(t *testing.T) {
	t.Parallel()
	h := start(t, nil)
	machine := h.machine("m", passMachine)
	for _, c := range []struct{ op, input string }{
		{"TagResource", `{"resourceArn":"` + machine + `","tags":[{"key":"a","value":"1"},{"key":"b","value":"2"}]}`},
		{"TagResource", `{"resourceArn":"` + machine + `","tags":[{"key":"a","value":"3"}]}`},
		{"UntagResource", `{"resourceArn":"` + machine + `","tagKeys":["b"]}`},
	} {
		if _, err := h.wire(c.op, c.input); err != nil {
			t.Fatal(err)
		}
	}
	got, err := h.wire("ListTagsForResource", `{"resourceArn":"`+machine+`"}`)
	if err != nil || got != `{"tags":[{"key":"a","value":"3"}]}` {
		t.Errorf("tags = %s, %v", got, err)
	}
	_, err = h.wire("ListTagsForResource", `{"resourceArn":"`+machine+`2"}`)
	wantError(t, err, "ResourceNotFound", machine)
	for name, tt := range map[string]struct{ tags, message string }{
		"key of AWS":         {`{"key":"aws:stack","value":"x"}`, "reserved"},
		"key of AWS, louder": {`{"key":"AWS:stack","value":"x"}`, "reserved"},
		"same key": {`{"key":"c","value":"1"},{"key":"d","value":"2"},{"key":"c","value":"3"}`,
			"'c' occurs twice"},
		"empty key":  {`{"key":"","value":"x"}`, "tags.key"},
		"long key":   {`{"key":"` + strings.Repeat("k", 129) + `","value":"x"}`, "tags.key"},
		"long value": {`{"key":"k","value":"` + strings.Repeat("v", 257) + `"}`, "tags.value"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := h.wire("TagResource", `{"resourceArn":"`+machine+`","tags":[`+tt.tags+`]}`)
			wantError(t, err, "ValidationException", tt.message)
			_, err = h.wire("CreateStateMachine",
				`{"name":"tagged","roleArn":"`+role+`","definition":"`+strings.ReplaceAll(passMachine, `"`, `\"`)+
					`","tags":[`+tt.tags+`]}`)
			wantError(t, err, "ValidationException", tt.message)
		})
	}
	if again, err := h.wire("ListTagsForResource", `{"resourceArn":"`+machine+`"}`); err != nil || again != got {
		t.Errorf("after refusals tags = %s, %v", again, err)
	}
}
