package api

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestDispatch_queries checks that a query string is read without guessing, or refused.
func TestDispatch_queries(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.placedBy(&ada)
	for _, tt := range []struct {
		path, code string
		faults     []string
	}{
		{"/orders?limit=%zz", "MalformedRequest", nil},
		{"/orders?%", "MalformedRequest", nil},
		{"/orders?limit=1;status=PLACED", "MalformedRequest", nil},
		{"/orders?Limit=1", "InvalidParameter", []string{"Limit"}},
		{"/orders?limit=1&page=2&colour=red", "InvalidParameter", []string{"colour", "page"}},
		{"/orders?limit[]=1", "InvalidParameter", []string{"limit[]"}},
		{"/orders?limit=1&limit=1", "InvalidParameter", []string{"limit"}},
		{"/orders?=1", "InvalidParameter", []string{""}},
		{"/orders?limit=01", "InvalidParameter", []string{"limit"}},
		{"/orders?limit=-0", "InvalidParameter", []string{"limit"}},
		{"/orders?limit=1.0", "InvalidParameter", []string{"limit"}},
		{"/orders?limit=%D9%A1", "InvalidParameter", []string{"limit"}},
		{"/orders?limit=1%00", "InvalidParameter", []string{"limit"}},
		{"/orders?status=%ff", "InvalidParameter", []string{"status"}},
		{"/orders?cursor=", "InvalidParameter", []string{"cursor"}},
		{"/orders/" + id + "?expand=lines", "InvalidParameter", []string{"expand"}},
		{"/me?x", "InvalidParameter", []string{"x"}},
		{"/products?category=coffee&attention=true", "InvalidParameter", []string{"attention"}},
		{"/ops/orders?attention=yes", "InvalidParameter", []string{"attention"}},
		{"/healthz?verbose", "InvalidParameter", []string{"verbose"}},
		{"/docs?theme=dark", "InvalidParameter", []string{"theme"}},
	} {
		if got := f.get(&operator, tt.path).expect(400, tt.code).faults(); !slices.Equal(got, tt.faults) {
			t.Errorf("%s: got faults at %q, want %q", tt.path, got, tt.faults)
		}
	}
	f.post(&ada, "/orders/"+id+"/cancel?force=true", "").expect(400, "InvalidParameter")
	f.get(&ada, "/orders?").expect(200, "")
	many := f.get(&ada, "/orders?"+strings.Repeat("a&", 1000)+manyNames(1000)).expect(400, "InvalidParameter")
	if n := len(many.faults()); n != maxFaults {
		t.Errorf("%d faults are listed", n)
	}
}

func manyNames(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "p%d&", i)
	}
	return b.String()
}

func TestDispatch_contentEncoding(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for _, encoding := range []string{"gzip", "br", "identity", "gzip, gzip"} {
		res := f.post(&ada, "/orders", order(), "Idempotency-Key: k", "Content-Encoding: "+encoding).expect(415,
			"UnsupportedMediaType")
		if res.header.Get("Accept-Encoding") != "identity" {
			t.Errorf("%s: got %v", encoding, res.header)
		}
	}
}

// quoted returns a text as JSON in ASCII.
func quoted(text string) string {
	var b strings.Builder
	for _, r := range text {
		if r < 0x10000 {
			fmt.Fprintf(&b, `\u%04x`, r)
		} else {
			fmt.Fprintf(&b, `\u%04x\u%04x`, 0xd800+(r-0x10000)>>10, 0xdc00+(r-0x10000)&0x3ff)
		}
	}
	return `"` + b.String() + `"`
}

// TestPlaceOrder_lines checks that a field of one line holds one line with something visible on it.
// The contract's pattern agrees wherever a pattern can express it.
func TestPlaceOrder_lines(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	address := loadContract(t).Components.Schemas["Address"].Value.Properties
	refused := map[string]string{
		"empty": "", "blank": " \t ", "no-break space": "\u00a0", "ideographic space": "\u3000",
		"byte order mark": "\ufeff", "zero width space": "\u200b",
		"zero width joiner": "\u200d\u200d", "soft hyphen": "\u00ad", "word joiner": "\u2060",
		"Hangul filler": "\u3164", "halfwidth filler": "\uffa0",
		"Braille blank": "\u2800", "variation selector": "\ufe0f", "Mongolian separator": "\u180e", "object": "\ufffc",
		"no character": "a\ufdd0b", "all of them": " \u00a0\u3000\ufeff\u200d\u2003",
		"a line feed": "Ada\nLovelace", "a carriage return": "Ada\rLovelace", "a next line": "Ada\u0085Lovelace",
		"a line separator":      "Ada\u2028Lovelace",
		"a paragraph separator": "Ada\u2029Lovelace", "NUL": "Ada\x00", "a control character": "Ada\x1b[31m",
		"C1": "Ada\u009b31m", "an override": "\u202eAda",
		"an isolate": "Ada\u2066", "a noncharacter": "Ada\uffff",
	}
	beyondPattern := map[string]string{"note without a head": "\U0001d159", "a mark alone": "\u0301",
		"tags alone": "\U000e0041\U000e0042", "a selector alone": "\U000e0100", "musical": "\U0001d173"}
	accepted := map[string]string{
		"Latin": "Ada Lovelace", "Greek": "Αδα", "Chinese": "愛達", "Arabic": "آدا", "with a joiner": "می\u200cخواهم",
		"emoji": "👩\u200d🚀", "one letter": "A", "combining": "A\u030a",
		"with spaces": "Ada\u00a0Lovelace", "Hangul": "에이다", "a digit": "1", "a symbol": "★",
	}
	for _, field := range []string{"name", "line1", "line2", "city", "state"} {
		try := func(name, text string, status int) {
			t.Helper()
			res := f.place(&ada, fmt.Sprintf("%s-%x", field, text), order("shippingAddress."+field+"="+quoted(text)))
			if res.status != status {
				t.Errorf("%s: %s: got %d %s", field, name, res.status, res.body)
			}
		}
		for name, text := range refused {
			try(name, text, 422)
			if address[field].Value.VisitJSON(text) == nil {
				t.Errorf("%s: %s: the contract accepts it", field, name)
			}
		}
		for name, text := range beyondPattern {
			try(name, text, 422)
		}
		for name, text := range accepted {
			try(name, text, 202)
			if err := address[field].Value.VisitJSON(text); err != nil {
				t.Errorf("%s: %s: the contract refuses it: %v", field, name, err)
			}
		}
	}
}

// The other texts that people write are lines too.
func TestLines(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.placedBy(&ada)
	for _, text := range []string{"", "\u00a0", "\u3000\ufeff", "\u200d", "two\u2028lines", "two\u0085lines",
		"\u202ereversed"} {
		f.do(call{by: &ada, method: "PUT", path: "/me", body: `{"name":` + quoted(text) + `}`}).expect(422,
			"InvalidRequest")
		f.do(call{by: &operator, method: "POST", path: "/ops/orders/" + id + "/redrive",
			body: `{"reason":` + quoted(text) + `}`}).expect(422, "InvalidRequest")
	}
}

// TestPlaceOrder_emails compares the check of addresses with that of the contract.
func TestPlaceOrder_emails(t *testing.T) {
	t.Parallel()
	schema := loadContract(t).Components.Schemas["Email"].Value
	for _, good := range []string{"ada@example.com", "a.b+c@sub.example.co.uk", "o'hara@example.ie", "x@y.de",
		"ada_1@1.example.com", "ada@xn--bcher-kva.example", strings.Repeat("a", 64) + "@example.com"} {
		if detail := schemaEmail.checkText(good); detail != "" || schema.VisitJSON(good) != nil {
			t.Errorf("%s: %s, %v", good, detail, schema.VisitJSON(good))
		}
	}
	label := strings.Repeat("a", 64)
	for _, bad := range []string{
		"", "ada", "ada@", "@example.com", "ada@example", "ada@@example.com", "a b@example.com", "ada@exa mple.com",
		".ada@example.com", "ada.@example.com", "a..b@example.com",
		"ada@.example.com", "ada@example..com", "ada@example.com.", "ada@-example.com", "ada@example-.com",
		"ada@exa_mple.com", "ada@127.0.0.1", "ada@[127.0.0.1]", `"ada"@example.com`,
		"ada@example.com\n", "ada@example.com,bob@example.com", "ada(x)@example.com", "Ada <ada@example.com>",
		"ada@" + label + ".com", "ada@bücher.example", "ädä@example.com", "ada;@example.com",
		"ada:x@example.com", `ada\@example.com`, "ada@example.c-", "ada@example.1",
	} {
		if schemaEmail.checkText(bad) == "" || schema.VisitJSON(bad) == nil {
			t.Errorf("%q is accepted: %q, %v", bad, schemaEmail.checkText(bad), schema.VisitJSON(bad))
		}
	}
	if schemaEmail.checkText(label+"a@example.com") == "" {
		t.Error("a local part of 65 characters is accepted")
	}
}

func TestParseJSON_surrogates(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`"\ud83d\ude00"`: "😀", `"\u00e9"`: "é", `"\\ud800"`: `\ud800`, `"\\\\ud800"`: `\\ud800`,
		`"\"\\\/\b\u0041"`: "\"\\/\bA", `"a\uFFFDb"`: "a\ufffdb", `"\uD83D\uDE00\ud83d\ude00"`: "😀😀",
	} {
		if got, err := parseJSON([]byte(text)); err != nil || got != want {
			t.Errorf("%s: got %q, %v", text, got, err)
		}
	}
	for _, text := range []string{
		`"\ud800"`, `"\uDFFF"`, `"\ude00\ud83d"`, `"\ud83dx"`, `"\ud83d\u0041"`, `"\ud83d\ud83d\ude00"`, `"\ud83d\n"`,
		`{"\ud800":1}`, `{"a":["b",{"c":"\udc00"}]}`, `"\\\ud800"`, `"\ud800`, `"\ud83d\ude0"`,
	} {
		if got, err := parseJSON([]byte(text)); err == nil {
			t.Errorf("%s: got %q", text, got)
		}
	}
	f := newFixture(t)
	f.place(&ada, "k", order(`shippingAddress.name="Ada \ud800"`)).expect(400, "MalformedRequest")
}

// TestPlaceOrder_addresses checks that what an address needs depends on its country.
func TestPlaceOrder_addresses(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for _, tt := range []struct {
		country, postalCode string // "" for none
		status              int
	}{
		{"US", "", 422}, {"DE", "", 422}, {"GB", "", 422}, {"JP", "", 422}, {"US", "97205", 202}, {"NL", "1012 AB", 202},
		{"HK", "", 202}, {"AE", "", 202}, {"QA", "", 202}, {"IE", "", 202}, {"PA", "", 202}, {"IE", "D02 X285", 202},
		{"AE", "00000", 202},
	} {
		body := order("-shippingAddress.postalCode", `shippingAddress.country="`+tt.country+`"`)
		if tt.postalCode != "" {
			body = order(`shippingAddress.postalCode="`+tt.postalCode+`"`, `shippingAddress.country="`+tt.country+`"`)
		}
		res := f.place(&ada, tt.country+strings.ReplaceAll(tt.postalCode, " ", "-"), body)
		if res.status != tt.status {
			t.Errorf("%s %q: got %d %s", tt.country, tt.postalCode, res.status, res.body)
		}
		if tt.status == 422 && !slices.Equal(res.faults(), []string{"/shippingAddress/postalCode"}) {
			t.Errorf("%s: got %s", tt.country, res.body)
		}
	}
	id := decoded[placedView](f.place(&ada, "whole", order(`shippingAddress.state="Ontario"`,
		`shippingAddress.phone="+1 (416) 555-0100"`)).expect(202, "")).OrderID
	for _, path := range []string{"/orders/" + id, "/ops/orders/" + id} {
		var got struct{ ShippingAddress map[string]string }
		must(t, json.Unmarshal(f.get(&Caller{Subject: "ada", Scopes: ada.Scopes, Groups: []string{"operators"},
			TokenUse: "access"}, path).expect(200, "").body, &got))
		if got.ShippingAddress["state"] != "Ontario" || got.ShippingAddress["phone"] != "+1 (416) 555-0100" {
			t.Errorf("%s: got %v", path, got.ShippingAddress)
		}
	}
	for _, phone := range []string{"", "1", "call me", "+", "555-HELP", "1\n2345", strings.Repeat("1", 33), "(((((((",
		"５５５０１００"} {
		if res := f.place(&ada, "phone", order("shippingAddress.phone="+quoted(phone))); res.status != 422 {
			t.Errorf("phone %q: got %d", phone, res.status)
		}
	}
}

func TestNeedsPostalCode(t *testing.T) {
	t.Parallel()
	n := 0
	for code := range strings.FieldsSeq(countries) {
		if needsPostalCode(code) {
			n++
		}
	}
	if n < 60 || n > 120 || needsPostalCode("") || needsPostalCode("us") {
		t.Errorf("%d countries need a postal code", n)
	}
}
