package orderflow

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func usd(n int64) Money { return Money{n, "USD"} }

func line(sku string, quantity int, price Money) Line {
	return Line{SKU: sku, Name: sku, Quantity: quantity, UnitPrice: price}
}

func draft(lines ...Line) Draft {
	return Draft{ID: "ord_1", CustomerID: "cus_1", PaymentMethod: "pm_card_visa", Lines: lines, At: noon}
}

func TestPlace(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		lines []Line
		total Money
		want  Code
	}{
		{"one line", []Line{line("a", 3, usd(250))}, usd(750), ""},
		{"two equal lines", []Line{line("a", 1, usd(130)), line("a", 1, usd(130))}, usd(260), ""},
		{"free line", []Line{line("a", 1, usd(0)), line("b", 2, usd(5))}, usd(10), ""},
		{"yen", []Line{line("a", 2, Money{500, "JPY"})}, Money{1000, "JPY"}, ""},
		{"no lines", nil, Money{}, CodeInvalidOrder},
		{"no quantity", []Line{line("a", 0, usd(1))}, Money{}, CodeInvalidOrder},
		{"negative quantity", []Line{line("a", -1, usd(1))}, Money{}, CodeInvalidOrder},
		{"negative price", []Line{line("a", 1, usd(-1))}, Money{}, CodeInvalidOrder},
		{"two currencies", []Line{line("a", 1, usd(1)), line("b", 1, Money{1, "EUR"})}, Money{}, CodeCurrencyMismatch},
		{"line too much", []Line{line("a", 2, usd(math.MaxInt64))}, Money{}, CodeAmountOverflow},
		{"sum too much", []Line{line("a", 1, usd(math.MaxInt64)), line("b", 1, usd(1))}, Money{}, CodeAmountOverflow},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o, err := Place(draft(tt.lines...))
			if CodeOf(err) != tt.want || (err == nil) != (tt.want == "") {
				t.Fatalf("got %v, want %q", err, tt.want)
			}
			if err != nil {
				return
			}
			if o.Total != tt.total || o.Status != Placed || o.Sequence != 1 || o.Version != 0 || o.UpdatedAt != noon {
				t.Errorf("placed %+v", o)
			}
			if c := o.Timeline[0]; c.Type != OrderPlaced || c.Actor != "customer:cus_1" || c.Status != Placed ||
				c.PreviousStatus != "" {
				t.Errorf("change %+v", c)
			}
		})
	}
}

// The order keeps its lines when the draft's lines change later.
func TestPlace_sharesNothing(t *testing.T) {
	t.Parallel()
	lines := []Line{line("a", 1, usd(5))}
	o, err := Place(draft(lines...))
	if err != nil {
		t.Fatal(err)
	}
	lines[0].Quantity = 9
	if o.Lines[0].Quantity != 1 {
		t.Error("the order shares its lines with the draft")
	}
}

func TestOrder_StockMoves(t *testing.T) {
	t.Parallel()
	o, err := Place(draft(line("b", 1, usd(5)), line("a", 2, usd(5)), line("b", 3, usd(4))))
	if err != nil {
		t.Fatal(err)
	}
	want := []StockMove{{SKU: "b", Kind: Reserve, Quantity: 4}, {SKU: "a", Kind: Reserve, Quantity: 2}}
	if got := o.StockMoves(Reserve); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestMoney_String(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		m    Money
		want string
	}{
		{usd(1999), "19.99 USD"}, {usd(5), "0.05 USD"}, {usd(-5), "-0.05 USD"}, {usd(0), "0.00 USD"},
		{Money{500, "JPY"}, "500 JPY"},
		{Money{-500, "JPY"}, "-500 JPY"}, {Money{1234, "KWD"}, "1.234 KWD"},
		{usd(math.MinInt64), "-92233720368547758.08 USD"},
	} {
		if got := tt.m.String(); got != tt.want {
			t.Errorf("%d %s is %q, want %q", tt.m.Amount, tt.m.Currency, got, tt.want)
		}
	}
}

func TestMoney_Add(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		a, b, sum Money
		want      Code
	}{
		{usd(1), usd(2), usd(3), ""}, {usd(1), usd(-2), usd(-1), ""},
		{usd(1), Money{1, "EUR"}, Money{}, CodeCurrencyMismatch},
		{usd(math.MaxInt64), usd(1), Money{}, CodeAmountOverflow},
		{usd(math.MinInt64), usd(-1), Money{}, CodeAmountOverflow},
		{usd(math.MaxInt64), usd(math.MinInt64), usd(-1), ""},
	} {
		sum, err := tt.a.Add(tt.b)
		if sum != tt.sum || CodeOf(err) != tt.want {
			t.Errorf("%v + %v = %v, %v", tt.a, tt.b, sum, err)
		}
	}
}

func TestMoney_Times(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		m       Money
		n       int
		product Money
		want    Code
	}{
		{usd(3), 4, usd(12), ""}, {usd(3), 0, usd(0), ""}, {usd(-3), 2, usd(-6), ""},
		{usd(3), -1, Money{}, CodeAmountOverflow},
		{usd(math.MaxInt64/2 + 1), 2, Money{}, CodeAmountOverflow}, {usd(math.MinInt64), 2, Money{}, CodeAmountOverflow},
	} {
		product, err := tt.m.Times(tt.n)
		if product != tt.product || CodeOf(err) != tt.want {
			t.Errorf("%v * %d = %v, %v", tt.m, tt.n, product, err)
		}
	}
}

func TestNewOrderID(t *testing.T) {
	t.Parallel()
	random := func() io.Reader { return rand.NewChaCha8([32]byte{1}) }
	id, err := NewOrderID(noon, random())
	if err != nil {
		t.Fatal(err)
	}
	again, err := NewOrderID(noon, random())
	if err != nil || again != id {
		t.Errorf("the same time and randomness give %s and %s, %v", id, again, err)
	}
	// An execution name: at most 80 characters, none of which Step Functions forbids.
	if len(id) != 30 || strings.Trim(id, "_0123456789abcdefghjkmnopqrstvwxyz") != "" {
		t.Errorf("id %q", id)
	}
	earlier, err := NewOrderID(noon.Add(-time.Millisecond), bytes.NewReader(bytes.Repeat([]byte{0xff}, 10)))
	if err != nil || earlier >= id {
		t.Errorf("%s of a millisecond before is not before %s, %v", earlier, id, err)
	}
	if _, err := NewOrderID(noon, strings.NewReader("short")); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("without randomness: %v", err)
	}
}

func TestCodeOf(t *testing.T) {
	t.Parallel()
	coded := Errorf(CodeOutOfStock, "sku %s", "a")
	for _, tt := range []struct {
		err  error
		want Code
	}{
		{nil, ""}, {io.EOF, ""}, {coded, CodeOutOfStock}, {fmt.Errorf("reserve: %w", coded), CodeOutOfStock},
		{errors.Join(io.EOF, coded), CodeOutOfStock}, {Errorf(CodeConflict, "%v", coded), CodeConflict},
	} {
		if got := CodeOf(tt.err); got != tt.want {
			t.Errorf("code of %v is %q, want %q", tt.err, got, tt.want)
		}
	}
	if coded.Error() != "OutOfStock: sku a" {
		t.Error(coded)
	}
}

func TestNotifications_Wants(t *testing.T) {
	t.Parallel()
	for _, kind := range []NotificationKind{NotifyConfirmed, NotifyShipped, NotifyClosed} {
		if !AllNotifications.Wants(kind) || (Notifications{}).Wants(kind) {
			t.Errorf("%s", kind)
		}
	}
	if AllNotifications.Wants("birthday") {
		t.Error("an unknown kind is wanted")
	}
}

func TestFold(t *testing.T) {
	t.Parallel()
	o, events := randomOrder(t, 7)
	shuffled := append(slices.Clone(events), events[0], events[len(events)-1])
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(shuffled),
		func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	got, err := Fold(shuffled)
	if err != nil || !reflect.DeepEqual(got, o.State()) {
		t.Errorf("fold is %+v, %v, the order %+v", got, err, o.State())
	}
	for missing := range len(events) - 1 { // any but the last, whose absence cannot be detected
		if _, err := Fold(slices.Delete(slices.Clone(events), missing, missing+1)); err == nil {
			t.Errorf("fold accepts events without event %d", missing+1)
		}
	}
	if got, err := Fold(nil); err != nil || got.Sequence != 0 {
		t.Errorf("fold of nothing is %+v, %v", got, err)
	}
}
