package orderflow

import "testing"

func TestOrder_Correct(t *testing.T) {
	t.Parallel()
	old := Address{Name: "Ada", Line1: "1 A St", City: "Portland", PostalCode: "97205", Country: "US"}
	street, abroad := old, old
	street.Line1, abroad.Country = "2 B St", "CA"
	requested := &Shipment{ID: "shp_1", Status: ShipmentStatusRequested}
	for _, tt := range []struct {
		name    string
		order   Order
		email   string
		to      *Address
		code    Code
		changed bool
	}{
		{"the e-mail address", Order{Status: Paid}, "new@example.com", nil, "", true},
		{"the street", Order{Status: Placed}, "", &street, "", true},
		{"both", Order{Status: Confirmed}, "new@example.com", &street, "", true},
		{"nothing", Order{Status: Confirmed}, "old@example.com", &old, "", false},
		{"another country", Order{Status: Confirmed}, "", &abroad, CodeInvalidState, false},
		{"the carrier knows it", Order{Status: Paid, Shipment: requested}, "", &street, CodeInvalidState, false},
		{"the e-mail address, while the carrier has the rest", Order{Status: Paid, Shipment: requested}, "new@example.com", &old, "", true},
		{"an order that has ended", Order{Status: Fulfilled}, "new@example.com", nil, CodeInvalidState, false},
	} {
		o := tt.order
		o.Email, o.ShippingAddress = "old@example.com", old
		err := o.Correct(tt.email, tt.to, By{At: noon, Actor: "operator:olga", Reason: "a slip"})
		if CodeOf(err) != tt.code || (o.Sequence > 0) != tt.changed {
			t.Errorf("%s: %v, %d changes", tt.name, err, o.Sequence)
		}
		if !tt.changed && (o.Email != "old@example.com" || o.ShippingAddress != old) {
			t.Errorf("%s: changed to %s, %+v", tt.name, o.Email, o.ShippingAddress)
		}
		if tt.changed && (tt.to != nil && o.ShippingAddress != *tt.to || tt.email != "" && o.Email != tt.email ||
			o.Timeline[0].Type != OrderContactChanged || o.Timeline[0].Reason != "a slip") {
			t.Errorf("%s: %s, %+v, %+v", tt.name, o.Email, o.ShippingAddress, o.Timeline)
		}
	}
}
