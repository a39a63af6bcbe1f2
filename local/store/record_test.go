package store

import (
	"errors"
	"slices"
	"testing"
)

type coin struct{ Name string }

func openMemory(t *testing.T) *Store {
	t.Helper()
	s, err := Open("", Options{InMemory: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestRecords(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		values []string
		want   []string
		bad    bool
	}{
		{"none", nil, nil, false},
		{"in the order of the keys", []string{`{"Name":"a"}`, `{"Name":"b"}`, `{}`}, []string{"a", "b", ""}, false},
		{"ends at the first that is none", []string{`{"Name":"a"}`, `{"Name":`, `{"Name":"c"}`}, []string{"a"}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, prefix := openMemory(t), NewKey("coin")
			b := s.NewBatch()
			for i, v := range tt.values {
				b.Set(prefix.Clone().Uint(uint64(i)), []byte(v))
			}
			if err := b.Commit(); err != nil {
				t.Fatal(err)
			}
			var got []string
			bad := false
			for c, err := range Records[coin](s.Scan(prefix, prefix.End())) {
				if err != nil {
					bad = true
					continue
				}
				got = append(got, c.Name)
			}
			if !slices.Equal(got, tt.want) || bad != tt.bad {
				t.Errorf("records %q, failed %t; want %q, %t", got, bad, tt.want, tt.bad)
			}
		})
	}
}

func TestRecords_FailedRead(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken disk")
	n := 0
	for _, err := range Records[coin](func(yield func(Pair, error) bool) { yield(Pair{}, broken) }) {
		n++
		if !errors.Is(err, broken) {
			t.Errorf("error %v", err)
		}
	}
	if n != 1 {
		t.Errorf("%d elements, want the error alone", n)
	}
}

func TestBatch_SetJSON(t *testing.T) {
	t.Parallel()
	s, key := openMemory(t), NewKey("coin", "penny")
	if err := s.NewBatch().SetJSON(key, func() {}); err == nil {
		t.Error("a function was encoded")
	}
	b := s.NewBatch()
	if err := b.SetJSON(key, coin{"penny"}); err != nil {
		t.Fatal(err)
	}
	if err := b.Commit(); err != nil {
		t.Fatal(err)
	}
	if v, err := s.Get(key); err != nil || string(v) != `{"Name":"penny"}` {
		t.Errorf("value %s, %v", v, err)
	}
}

func TestStore_Increment(t *testing.T) {
	t.Parallel()
	s, key := openMemory(t), NewKey("coin", "epoch")
	if n, err := s.GetUint(key); n != 0 || err != nil {
		t.Errorf("absent number %d, %v", n, err)
	}
	for want := uint64(1); want < 4; want++ {
		if n, err := s.Increment(key); n != want || err != nil {
			t.Fatalf("increment gives %d, %v, want %d", n, err, want)
		}
		if n, err := s.GetUint(key); n != want || err != nil {
			t.Fatalf("number %d, %v, want %d", n, err, want)
		}
	}
	b := s.NewBatch()
	b.Set(key, []byte("short"))
	if err := b.Commit(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Increment(key); !errors.Is(err, ErrRecord) {
		t.Errorf("increment of a text: %v", err)
	}
}
