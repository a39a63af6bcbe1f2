package attr

import (
	"bytes"
	"encoding/json"
	"errors"
	"math/big"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
)

func TestNumber(t *testing.T) {
	t.Parallel()
	nines := strings.Repeat("9", 38)
	for _, tt := range []struct {
		in, want string
		err      error
	}{
		{"0", "0", nil}, {"-0", "0", nil}, {"007", "7", nil}, {"1.50", "1.5", nil}, {"+3", "3", nil},
		{".5", "0.5", nil}, {"5.", "5", nil},
		{"1e3", "1000", nil}, {"12.34E-3", "0.01234", nil}, {"-1E2", "-100", nil},
		{nines, nines, nil}, {"0." + nines, "0." + nines, nil},
		{"1E125", "1" + strings.Repeat("0", 125), nil}, {"1E126", "", ErrOverflow}, {"1E99999", "", ErrOverflow},
		{"1E-130", "0." + strings.Repeat("0", 129) + "1", nil}, {"1E-131", "", ErrUnderflow}, {"1E-99999", "", ErrUnderflow},
		{nines + "9", "", ErrPrecision}, {"1" + strings.Repeat("0", 60), "1" + strings.Repeat("0", 60), nil},
		{"0E500", "0", nil},
	} {
		t.Run(tt.in, func(t *testing.T) {
			v, err := Number(tt.in)
			if !errors.Is(err, tt.err) || v.Text != tt.want {
				t.Errorf("Number(%s) = %q, %v, want %q, %v", tt.in, v.Text, err, tt.want, tt.err)
			}
		})
	}
	for _, in := range []string{"", "-", ".", "1..2", "1e", "e1", "abc", "1 ", "0x1", "1e1.5", "--1", "NaN"} {
		if v, err := Number(in); err == nil {
			t.Errorf("Number(%q) = %q, want an error", in, v.Text)
		}
	}
}

// TestNumber_Rationals checks order, key order, sums and differences of random numbers against
// math/big.
func TestNumber_Rationals(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(7, 7))
	random := func() (Value, *big.Rat) {
		text := strconv.FormatUint(rng.Uint64()>>rng.IntN(64), 10)
		if rng.IntN(2) == 0 {
			text = "-" + text
		}
		if i := rng.IntN(len(text)); i > 0 && text[i-1] != '-' {
			text = text[:i] + "." + text[i:]
		}
		v, err := Number(text)
		if err != nil {
			t.Fatal(err)
		}
		r, _ := new(big.Rat).SetString(text)
		return v, r
	}
	for range 5000 {
		a, x := random()
		b, y := random()
		want := x.Cmp(y)
		if got, _ := Compare(a, b); got != want {
			t.Fatalf("Compare(%s, %s) = %d, want %d", a.Text, b.Text, got, want)
		}
		if got := bytes.Compare(KeyBytes(a), KeyBytes(b)); got != want {
			t.Fatalf("key order of %s and %s = %d, want %d", a.Text, b.Text, got, want)
		}
		sum, err := Add(a, b)
		if got, ok := new(big.Rat).SetString(sum.Text); err != nil || !ok || got.Cmp(new(big.Rat).Add(x, y)) != 0 {
			t.Fatalf("%s + %s = %q, %v", a.Text, b.Text, sum.Text, err)
		}
		difference, err := Subtract(a, b)
		if got, ok := new(big.Rat).SetString(difference.Text); err != nil || !ok || got.Cmp(new(big.Rat).Sub(x, y)) != 0 {
			t.Fatalf("%s - %s = %q, %v", a.Text, b.Text, difference.Text, err)
		}
	}
}

func TestItem_RoundTrips(t *testing.T) {
	t.Parallel()
	const text = `{"b":{"B":"AAH/"},"bool":{"BOOL":true},"bs":{"BS":["AA==","AQ=="]},` +
		`"l":{"L":[{"N":"1.5"},{"L":[]},{"NULL":true}]},` +
		`"m":{"M":{"e":{"S":""},"x":{"BOOL":false}}},"n":{"N":"-12345678901234567890123456789012345678"},` +
		`"ns":{"NS":["-1","2","10"]},` +
		`"s":{"S":"a\"b\\ü\n"},"ss":{"SS":["a","b"]}}`
	var item Item
	if err := json.Unmarshal([]byte(text), &item); err != nil {
		t.Fatal(err)
	}
	if got := string(AppendJSON(nil, item)); got != text {
		t.Errorf("JSON = %s\nwant   %s", got, text)
	}
	back, err := Unmarshal(Marshal(item))
	if err != nil {
		t.Fatal(err)
	}
	if got := string(AppendJSON(nil, back)); got != text {
		t.Errorf("binary round trip = %s", got)
	}
	for i := range Marshal(item) {
		if _, err := Unmarshal(Marshal(item)[:i]); err == nil {
			t.Fatalf("the first %d bytes read as an item", i)
		}
	}
}

func TestItem_SetsHaveNoOrder(t *testing.T) {
	t.Parallel()
	var a, b Item
	for text, item := range map[string]*Item{`{"x":{"NS":["10","2","1.0"]}}`: &a, `{"x":{"NS":["1","10","2.00"]}}`: &b} {
		if err := json.Unmarshal([]byte(text), item); err != nil {
			t.Fatal(err)
		}
	}
	if !Equal(a["x"], b["x"]) || !bytes.Equal(Marshal(a), Marshal(b)) {
		t.Errorf("%v and %v differ", a, b)
	}
}

func TestItem_Refused(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ in, want string }{
		{`{"a":{}}`, "Supplied AttributeValue is empty"},
		{`{"a":{"X":"1"}}`, "Supplied AttributeValue is empty"},
		{`{"a":{"S":"1","N":"1"}}`, "more than one datatypes"},
		{`{"a":{"N":"x"}}`, "The parameter cannot be converted to a numeric value: x"},
		{`{"a":{"NULL":false}}`, "Null attribute value types must have the value of true"},
		{`{"a":{"SS":[]}}`, "An string set  may not be empty"},
		{`{"a":{"SS":["a","a"]}}`, "Input collection [a, a] contains duplicates."},
		{`{"a":{"NS":["1","1.0"]}}`, "contains duplicates"},
		{`{"a":{"S":1}}`, "expected a string"},
		{`{"a":"x"}`, "expected {"},
		{`{"a":` + strings.Repeat(`{"L":[`, 40) + `{"S":""}` + strings.Repeat(`]}`, 40) + `}`, "Nesting Levels"},
	} {
		t.Run(tt.in[:min(len(tt.in), 30)], func(t *testing.T) {
			var item Item
			if err := json.Unmarshal([]byte(tt.in), &item); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error = %v, want %q", err, tt.want)
			}
		})
	}
}

func TestItemSize(t *testing.T) {
	t.Parallel()
	var item Item
	if err := json.Unmarshal([]byte(
		`{"id":{"S":"abc"},"n":{"N":"-12345"},"m":{"M":{"k":{"BOOL":true}}},"l":{"L":[{"S":"xy"}]}}`), &item); err != nil {
		t.Fatal(err)
	}
	// id 2+3, n 1+(3+1+1), m 1+3+(1+1+1), l 1+3+(1+2)
	if got, want := ItemSize(item), 5+6+7+7; got != want {
		t.Errorf("ItemSize = %d, want %d", got, want)
	}
}
