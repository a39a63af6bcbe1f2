package mail

import (
	"encoding/json"
	"flag"
	"html"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/orderflow-dev/orderflow"
)

var update = flag.Bool("update", false, "write the golden files")

var at = time.Date(2026, time.March, 14, 9, 30, 0, 0, time.UTC)

func eur(amount int64) orderflow.Money { return orderflow.Money{Amount: amount, Currency: "EUR"} }

// order returns an order with a discount, shipping and tax.
func order(change func(*orderflow.Order)) *orderflow.Order {
	o := &orderflow.Order{
		ID: "ord_06cb4j3k7v1s0n9t8q2r5w4xyz", CustomerID: "ada", Status: orderflow.Paid, PlacedAt: at, Email: "ada@example.com",
		PaymentStatus: orderflow.PaymentAuthorized, Total: eur(131250),
		ShippingAddress: orderflow.Address{Name: "Ada Brewer", Line1: "12 Mill Lane", PostalCode: "10115", City: "Berlin", Country: "DE"},
		Lines: []orderflow.Line{
			{SKU: "lamp", Name: "Desk lamp, brass", Quantity: 5, UnitPrice: eur(24900), Total: eur(124500)},
			{SKU: "candle", Name: "Beeswax candle, 20 cm", Quantity: 1, UnitPrice: eur(890), Total: eur(890)},
		},
		Price: &orderflow.Price{
			Subtotal: eur(125390), Discount: eur(1000), Shipping: eur(495), Tax: eur(6365),
		},
	}
	if change != nil {
		change(o)
	}
	return o
}

// letters are orders and their notifications, by the name of their golden files.
var letters = map[string]struct {
	kind   orderflow.NotificationKind
	change func(*orderflow.Order)
}{
	"confirmed": {"confirmed", nil},
	"confirmed-paid": {"confirmed", func(o *orderflow.Order) {
		o.PaymentStatus = orderflow.PaymentCaptured
		o.Price, o.Total = &orderflow.Price{Subtotal: eur(125390), Tax: eur(20020), TaxIncluded: true}, eur(125390)
	}},
	"confirmed-free": {"confirmed", func(o *orderflow.Order) {
		o.Lines = []orderflow.Line{{SKU: "sample", Name: "Coffee sample", Quantity: 1, UnitPrice: eur(0), Total: eur(0)}}
		o.Price, o.Total, o.PaymentStatus = nil, eur(0), orderflow.PaymentNone
	}},
	"review": {"review", nil},
	"payment": {"payment", func(o *orderflow.Order) {
		o.MethodRequest = &orderflow.MethodRequest{Since: at, Deadline: at.Add(26 * time.Hour)}
	}},
	"payment-confirm": {"payment", func(o *orderflow.Order) {
		o.MethodRequest = &orderflow.MethodRequest{Since: at, Deadline: at.Add(26 * time.Hour), ClientSecret: "secret_1"}
	}},
	"shipped": {"shipped", func(o *orderflow.Order) {
		o.Shipment = &orderflow.Shipment{Carrier: "Post", TrackingNumber: "T1"}
	}},
	"delivered": {"delivered", func(o *orderflow.Order) {
		o.Status, o.PaymentStatus = orderflow.Fulfilled, orderflow.PaymentCaptured
		o.Shipment = &orderflow.Shipment{Carrier: "Post", TrackingNumber: "T1", DeliveredAt: &at}
	}},
	"cancelled": {"closed", func(o *orderflow.Order) {
		o.Status, o.PaymentStatus = orderflow.Cancelled, orderflow.PaymentRefunded
		o.Cancel = &orderflow.CancelRequest{By: "customer:ada"}
	}},
	"cancelled-shop":    {"closed", cancelledBy(orderflow.CancelRequest{By: "operator:olga", Reason: "suspicious"})},
	"cancelled-expired": {"closed", cancelledBy(orderflow.CancelRequest{By: "system", HoldExpired: true})},
	"rejected-stock":    {"closed", rejected(orderflow.CodeOutOfStock)},
	"rejected-declined": {"closed", rejected(orderflow.CodePaymentDeclined)},
	"rejected-review":   {"closed", rejected(orderflow.CodeReviewRefused)},
	"rejected-carrier":  {"closed", rejected(orderflow.CodeShipmentFailed)},
	"rejected-other":    {"closed", rejected(orderflow.CodeInvalidOrder)},
	"refunded": {"refunded", func(o *orderflow.Order) {
		o.Status, o.PaymentStatus = orderflow.Fulfilled, orderflow.PaymentCaptured
		o.Refunds = []orderflow.OrderRefund{{ID: "rfd_1", Status: orderflow.RefundSucceeded, Worth: orderflow.Worth{Net: 1990}}}
	}},
}

func cancelledBy(c orderflow.CancelRequest) func(*orderflow.Order) {
	return func(o *orderflow.Order) {
		o.Status, o.PaymentStatus, o.Cancel = orderflow.Cancelled, orderflow.PaymentNone, &c
	}
}

func rejected(reason orderflow.Code) func(*orderflow.Order) {
	return func(o *orderflow.Order) {
		o.Status, o.PaymentStatus = orderflow.Rejected, orderflow.PaymentNone
		o.Timeline = []orderflow.Change{{PreviousStatus: orderflow.Confirmed, Status: orderflow.Rejected, Reason: string(reason)}}
	}
}

var shop = Writer{Shop: "Mill & Lane", OrderURL: "https://shop.example/orders/{orderId}"}

// Each letter is as it was reviewed. `go test ./mail -update` writes it again.
func TestWriter_Write(t *testing.T) {
	t.Parallel()
	for name, tt := range letters {
		for _, language := range []string{"en", "de"} {
			o := order(tt.change)
			o.Language = language
			got, err := shop.Write(o, orderflow.Notification{OrderID: o.ID, Kind: tt.kind, RefundID: "rfd_1"})
			if err != nil {
				t.Fatal(name, err)
			}
			golden(t, name+"."+language+".txt", "Subject: "+got.Subject+"\n\n"+got.Text)
			golden(t, name+"."+language+".html", got.HTML)
			check(t, name+"."+language, got)
		}
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; if it should, go test ./mail -update writes it. Got:\n%s", name, got)
	}
}

// check checks what holds for every letter: nothing is left to fill in, both forms say the same, nothing
// is loaded, and no client secret is told.
func check(t *testing.T, name string, m orderflow.MailText) {
	t.Helper()
	words := visible(m.HTML)
	for _, form := range []string{m.Subject, m.Text, m.HTML} {
		if left := regexp.MustCompile(`\{[a-z!]+\}`).FindString(strings.ReplaceAll(form, "{ color-scheme", "")); left != "" {
			t.Errorf("%s: %s is not filled in", name, left)
		}
		if strings.Contains(form, "secret_1") {
			t.Errorf("%s tells the client secret", name)
		}
	}
	for line := range strings.Lines(m.Text) {
		for _, part := range strings.Split(strings.TrimSpace(line), "  ") {
			part = strings.TrimSuffix(strings.TrimSpace(part), ":")
			if label, note, ok := strings.Cut(part, " ("); ok && !strings.Contains(words, part) {
				part = strings.TrimSuffix(note, ")")
				if !strings.Contains(words, label) {
					t.Errorf("%s: the HTML does not say %q", name, label)
				}
			}
			if strings.Trim(part, "-") != "" && !strings.Contains(words, part) {
				t.Errorf("%s: the HTML does not say %q", name, part)
			}
		}
	}
	if strings.Contains(m.HTML, "src=") || strings.Contains(m.HTML, "url(") {
		t.Errorf("%s loads something", name)
	}
}

var (
	style = regexp.MustCompile(`(?s)<style>.*?</style>`)
	href  = regexp.MustCompile(`href="([^"]*)"`)
	tag   = regexp.MustCompile(`<[^>]*>`)
)

// visible returns the text of a page and the addresses of its links.
func visible(page string) string {
	page = style.ReplaceAllString(page, "")
	text := tag.ReplaceAllString(page, " ")
	for _, link := range href.FindAllStringSubmatch(page, -1) {
		text += " " + link[1]
	}
	return html.UnescapeString(text)
}

// What customers write about themselves is text in every form, and fills nothing in.
func TestWriter_Write_hostile(t *testing.T) {
	t.Parallel()
	o := order(func(o *orderflow.Order) {
		o.ShippingAddress.Name = `<script>alert(1)</script> {total} "&'`
		o.Lines[0].Name = `</td><img src=x onerror=alert(2)> {shop}`
		o.Shipment = &orderflow.Shipment{Carrier: "<b>Post</b>", TrackingNumber: "{name}"}
	})
	got, err := shop.Write(o, orderflow.Notification{OrderID: o.ID, Kind: "shipped"})
	if err != nil {
		t.Fatal(err)
	}
	for _, tag := range []string{"<script", "<img", "<b>"} {
		if strings.Contains(got.HTML, tag) {
			t.Errorf("the HTML has %s", tag)
		}
	}
	for _, said := range []string{o.ShippingAddress.Name, o.Lines[0].Name, "<b>Post</b>", "{name}"} {
		if !strings.Contains(got.Text, said) || !strings.Contains(visible(got.HTML), said) {
			t.Errorf("%q is not told as it is", said)
		}
	}
}

func TestWriter_Write_refuses(t *testing.T) {
	t.Parallel()
	for _, n := range []orderflow.Notification{{Kind: "birthday"}, {Kind: "refunded", RefundID: "rfd_9"}} {
		if _, err := shop.Write(order(nil), n); orderflow.CodeOf(err) != orderflow.CodeInvalidState {
			t.Errorf("%+v: %v", n, err)
		}
	}
}

// Without a page of the order there is no link. A language without a file is English.
func TestWriter_Write_plain(t *testing.T) {
	t.Parallel()
	for _, language := range []string{"", "en-GB", "fr", "EN", "de-AT", "DE"} {
		o := order(nil)
		o.Language = language
		got, err := Writer{Shop: "S"}.Write(o, orderflow.Notification{Kind: "confirmed"})
		if err != nil {
			t.Fatal(err)
		}
		german := strings.HasPrefix(strings.ToLower(language), "de")
		if (got.Subject == "Ihre Bestellung ist bestätigt") != german || strings.Contains(got.HTML, "<a ") || strings.Contains(got.Text, "http") {
			t.Errorf("%s: %q", language, got.Subject)
		}
	}
}

var placeholder = regexp.MustCompile(`\{[a-z]+\}`)

// Every language says everything, with the same values.
func TestLanguages(t *testing.T) {
	t.Parallel()
	english := languages()[defaultLanguage]
	for name, l := range languages() {
		if len(l.Months) != 12 || l.Decimal == "" || l.Amount == "" || l.Code == "" || l.Day == "" || l.Moment == "" {
			t.Errorf("%s does not say how to write months, amounts or dates", name)
		}
		for key, text := range english.Texts {
			want, got := placeholder.FindAllString(text, -1), placeholder.FindAllString(l.Texts[key], -1)
			slices.Sort(want)
			slices.Sort(got)
			if l.Texts[key] == "" || !slices.Equal(want, got) {
				t.Errorf("%s: %s is %q, with the values %v and not %v", name, key, l.Texts[key], got, want)
			}
		}
		if len(l.Texts) != len(english.Texts) {
			t.Errorf("%s has %d texts, English %d", name, len(l.Texts), len(english.Texts))
		}
	}
}

func TestLanguage_money(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		language, want string
		m              orderflow.Money
	}{
		{"en", "€1,234.50", eur(123450)},
		{"de", "1.234,50 €", eur(123450)},
		{"en", "−$0.05", orderflow.Money{Amount: -5, Currency: "USD"}},
		{"en", "¥1,234,567", orderflow.Money{Amount: 1234567, Currency: "JPY"}},
		{"de", "1.234 ¥", orderflow.Money{Amount: 1234, Currency: "JPY"}},
		{"de", "12,345 BHD", orderflow.Money{Amount: 12345, Currency: "BHD"}},
		{"en", "999.00 CHF", orderflow.Money{Amount: 99900, Currency: "CHF"}},
	} {
		if got := choose(tt.language).money(tt.m); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.language, got, tt.want)
		}
	}
}

func TestLanguage_moment(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("", 3*3600)
	if got := choose("de").moment(at.In(zone)); got != "14. März 2026, 09:30 Uhr (UTC)" {
		t.Error(got)
	}
	if got := choose("en").day(at.In(zone)); got != "14 March 2026" {
		t.Error(got)
	}
}

// A language's file has no text twice: JSON would take the last one.
func TestLanguages_unique(t *testing.T) {
	t.Parallel()
	entries, err := files.ReadDir("languages")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		raw, err := files.ReadFile("languages/" + e.Name())
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for _, key := range regexp.MustCompile(`(?m)^ +("[a-zA-Z.]+"):`).FindAllSubmatch(raw, -1) {
			var name string
			if err := json.Unmarshal(key[1], &name); err != nil || seen[name] {
				t.Errorf("%s: %s, %v", e.Name(), key[1], err)
			}
			seen[name] = true
		}
	}
}

func TestFill(t *testing.T) {
	t.Parallel()
	v := values{"a", "{b}", "b", "2"}
	for text, want := range map[string]string{
		"": "", "x": "x", "{a} {b}": "{b} 2", "{c}{a": "{c}{a", "{ {b}": "{ 2", "}{b}{": "}2{", ":root { x: {b} }": ":root { x: 2 }",
	} {
		if got := fill(text, v); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func BenchmarkWriter_Write(b *testing.B) {
	o := order(nil)
	for b.Loop() {
		if _, err := shop.Write(o, orderflow.Notification{Kind: "confirmed"}); err != nil {
			b.Fatal(err)
		}
	}
}
