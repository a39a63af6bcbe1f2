package awsapi

import (
	"slices"
	"testing"
)

func TestPage(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, token string
		limit       int
		want        []string
		next        string
	}{
		{"everything", "", 4, []string{"a", "b", "c", "d"}, ""},
		{"the first", "", 2, []string{"a", "b"}, "b"},
		{"between", "a", 2, []string{"b", "c"}, "c"},
		{"the last", "b", 2, []string{"c", "d"}, ""},
		{"after a name that is gone", "bb", 1, []string{"c"}, "c"},
		{"past the end", "d", 2, nil, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, next := Page([]string{"c", "a", "d", "b"}, tt.token, tt.limit)
			if !slices.Equal(got, tt.want) || next != tt.next {
				t.Errorf("page %q, next %q; want %q, %q", got, next, tt.want, tt.next)
			}
		})
	}
}

func TestListing(t *testing.T) {
	t.Parallel()
	for next, want := range map[string]string{"": `{"Topics":["a"]}`, "a": `{"NextToken":"a","Topics":["a"]}`} {
		got, err := Marshal(Listing("Topics", []string{"a"}, next))
		if err != nil || string(got) != want {
			t.Errorf("next %q: %s, %v, want %s", next, got, err, want)
		}
	}
}
