package awsapi

import "testing"

func TestMarshalUnescaped(t *testing.T) {
	t.Parallel()
	got, err := MarshalUnescaped(map[string]string{"url": "a?b=<1>&c\n"})
	if err != nil || string(got) != `{"url":"a?b=<1>&c\n"}` {
		t.Errorf("%s, %v", got, err)
	}
	if _, err := MarshalUnescaped(func() {}); err == nil {
		t.Error("a function was encoded")
	}
}
