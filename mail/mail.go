// Package mail writes the mails to the customers: each of the notifications, as text and as HTML, in the
// customer's language.
//
// A letter has one content and two forms, so that the text and the HTML say the same. The words are in
// languages, one file for each language. The layout is Go code and not an html/template: templates call
// methods by name, which makes the linker keep every method of the AWS clients and doubles the program
// that is deployed.
package mail

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/orderflow-dev/orderflow"
)

// Writer writes the mails of a shop.
type Writer struct {
	Shop string // its name
	// OrderURL is the page of an order in the storefront; {orderId} stands for its id. "": no link.
	OrderURL string
}

// Write writes the mail of a notification, in the language of the order, or in English. Returns
// orderflow.CodeInvalidState for a notification that the order does not have.
func (w Writer) Write(o *orderflow.Order, n orderflow.Notification) (orderflow.MailText, error) {
	l := choose(o.Language)
	letter, err := (&author{Writer: w, language: l, order: o}).letter(n)
	if err != nil {
		return orderflow.MailText{}, fmt.Errorf("write mail: %w", err)
	}
	return orderflow.MailText{Subject: letter.subject, Text: letter.text(), HTML: letter.html()}, nil
}

// letter is the content of a mail.
type letter struct {
	language, shop string
	subject        string
	heading        string
	paragraphs     []string
	button         link // zero: none
	items          []row
	totals         []row // the last one is the total
	address        []string
	addressTitle   string
	orderTitle     string // names the order
	footer         string
}

type link struct{ label, url string }

// row is a line of a table: a label, what belongs to it, and an amount.
type row struct{ label, note, amount string }

// author writes the letters about one order.
type author struct {
	Writer
	*language
	order *orderflow.Order
}

// say returns a text of the language with its values filled in.
func (a *author) say(key string, more ...string) string {
	return fill(a.Texts[key], append(values{"shop", a.Shop, "total", a.money(a.order.Total)}, more...))
}

func (a *author) letter(n orderflow.Notification) (*letter, error) {
	var content letter
	switch n.Kind {
	case orderflow.NotifyConfirmed:
		content = a.confirmed()
	case orderflow.NotifyReview:
		content = a.kind("review")
	case orderflow.NotifyPayment:
		content = a.payment()
	case orderflow.NotifyShipped:
		content = a.shipped()
	case orderflow.NotifyDelivered:
		content = a.kind("delivered")
	case orderflow.NotifyClosed:
		content = a.closed()
	case orderflow.NotifyRefunded:
		r := a.order.FindRefund(n.RefundID)
		if r == nil || r.Status != orderflow.RefundSucceeded {
			return nil, orderflow.Errorf(orderflow.CodeInvalidState, "order %s has no completed refund %q", a.order.ID, n.RefundID)
		}
		content = a.kind("refunded", "amount", a.money(a.order.RefundAmount(r)))
	default:
		return nil, orderflow.Errorf(orderflow.CodeInvalidState, "unknown notification kind %q", n.Kind)
	}
	a.frame(&content, n.Kind)
	return &content, nil
}

// kind begins a letter with the subject, the heading and the text of a kind.
func (a *author) kind(key string, more ...string) letter {
	return letter{
		subject: a.say(key+".subject", more...), heading: a.say(key+".heading", more...),
		paragraphs: []string{a.say(key+".text", more...)},
	}
}

func (a *author) confirmed() letter {
	c := a.kind("confirmed")
	switch {
	case a.order.Total.Amount == 0:
		c.paragraphs = append(c.paragraphs, a.say("confirmed.free"))
	case a.order.PaymentStatus == orderflow.PaymentAuthorized:
		c.paragraphs = append(c.paragraphs, a.say("confirmed.authorized"))
	default:
		c.paragraphs = append(c.paragraphs, a.say("confirmed.paid"))
	}
	c.paragraphs = append(c.paragraphs, a.say("confirmed.next"))
	return c
}

func (a *author) payment() letter {
	key := "payment"
	r := a.order.MethodRequest
	if r != nil && r.ClientSecret != "" {
		key = "confirmPayment"
	}
	c := a.kind(key)
	if r != nil && !r.Deadline.IsZero() {
		c.paragraphs = append(c.paragraphs, a.say("payment.until", "deadline", a.moment(r.Deadline)))
	}
	c.button.label = a.say(key + ".button")
	return c
}

func (a *author) shipped() letter {
	c := a.kind("shipped")
	if s := a.order.Shipment; s != nil && s.Carrier != "" && s.TrackingNumber != "" {
		c.paragraphs = append(c.paragraphs, a.say("shipped.tracking", "carrier", s.Carrier, "number", s.TrackingNumber))
	}
	return c
}

// closed tells of an order that was rejected or cancelled: why, and where the money is.
func (a *author) closed() letter {
	key, why := "cancelled", "cancelled.byCustomer"
	switch cancel := a.order.Cancel; {
	case a.order.Status == orderflow.Rejected:
		key, why = "rejected", a.rejection()
	case cancel != nil && cancel.HoldExpired:
		why = "cancelled.holdExpired"
	case cancel != nil && !strings.HasPrefix(cancel.By, "customer:"):
		why = "cancelled.byShop"
	}
	c := letter{subject: a.say(key + ".subject"), heading: a.say(key + ".heading"), paragraphs: []string{a.say(why)}}
	if a.order.PaymentStatus == orderflow.PaymentRefunded {
		c.paragraphs = append(c.paragraphs, a.say("closed.refunded"))
	} else {
		c.paragraphs = append(c.paragraphs, a.say("closed.notCharged"))
	}
	return c
}

// rejection is the text that says why the order was rejected.
func (a *author) rejection() string {
	switch a.order.CloseReason() {
	case orderflow.CodeOutOfStock:
		return "rejected.outOfStock"
	case orderflow.CodePaymentDeclined:
		return "rejected.declined"
	case orderflow.CodeReviewRefused, orderflow.CodeReviewTimedOut:
		return "rejected.review"
	case orderflow.CodeShipmentFailed:
		return "rejected.carrier"
	}
	return "rejected.other"
}

// frame adds what every letter has.
func (a *author) frame(c *letter, kind orderflow.NotificationKind) {
	o := a.order
	c.language, c.shop = a.Tag, a.Shop
	c.paragraphs = append([]string{a.say("greeting", "name", o.ShippingAddress.Name)}, c.paragraphs...)
	c.orderTitle = a.say("order", "id", o.ID, "date", a.day(o.PlacedAt))
	c.footer = a.say("footer")
	if w := a.OrderURL; w != "" {
		c.button.url = strings.ReplaceAll(w, "{orderId}", o.ID)
		if c.button.label == "" {
			c.button.label = a.say("button")
		}
	} else {
		c.button = link{}
	}
	for _, l := range o.Lines {
		note := ""
		if l.Quantity > 1 {
			note = fmt.Sprintf("%d × %s", l.Quantity, a.money(l.UnitPrice))
		}
		c.items = append(c.items, row{l.Name, note, a.money(l.Total)})
	}
	c.totals = a.totals()
	if kind == orderflow.NotifyConfirmed || kind == orderflow.NotifyShipped {
		c.addressTitle, c.address = a.say("shippedTo"), addressLines(o.ShippingAddress)
	}
}

// totals are the parts of the total that are not zero, and the total.
func (a *author) totals() []row {
	p := a.order.Breakdown()
	var rows []row
	add := func(key string, m orderflow.Money) {
		if m.Amount != 0 {
			rows = append(rows, row{label: a.say(key), amount: a.money(m)})
		}
	}
	if p.Subtotal != a.order.Total {
		add("subtotal", p.Subtotal)
	}
	add("discount", orderflow.Money{Amount: -p.Discount.Amount, Currency: p.Discount.Currency})
	add("shipping", p.Shipping)
	if !p.TaxIncluded {
		add("tax", p.Tax)
	}
	rows = append(rows, row{label: a.say("total"), amount: a.money(a.order.Total)})
	if p.TaxIncluded && p.Tax.Amount != 0 {
		rows[len(rows)-1].note = a.say("taxIncluded", "tax", a.money(p.Tax))
	}
	return rows
}

// addressLines are the lines of an address, as on a parcel.
func addressLines(a orderflow.Address) []string {
	city := strings.TrimSpace(strings.Join([]string{a.PostalCode, a.City}, " "))
	var lines []string
	for _, line := range []string{a.Name, a.Line1, a.Line2, city, a.State, a.Country} {
		if line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// day and moment write a date, and a time in UTC.
func (l *language) day(t time.Time) string { return l.date(t.UTC(), l.Day) }

func (l *language) moment(t time.Time) string { return l.date(t.UTC(), l.Moment) }

func (l *language) date(t time.Time, pattern string) string {
	return fill(pattern, values{
		"day", strconv.Itoa(t.Day()), "month", l.Months[t.Month()-1], "year", strconv.Itoa(t.Year()), "time", t.Format("15:04"),
	})
}
