package orderflow

// Correct changes the e-mail address or the shipping address of an open order; "" and nil leave them.
// The amounts stay as they are: the country, which decides on tax and shipping, cannot change. Returns
// CodeInvalidState for that, for an order that has ended, and for an address that the carrier has been
// told.
func (o *Order) Correct(email string, to *Address, by By) error {
	if o.Status.Final() {
		return Errorf(CodeInvalidState, "order %s is %s", o.ID, o.Status)
	}
	moved := to != nil && *to != o.ShippingAddress
	switch {
	case moved && to.Country != o.ShippingAddress.Country:
		return Errorf(CodeInvalidState, "the country of order %s decides on its tax and shipping, and stays %s", o.ID, o.ShippingAddress.Country)
	case moved && o.Shipment != nil:
		return Errorf(CodeInvalidState, "the carrier has been told the address of order %s", o.ID)
	case !moved && (email == "" || email == o.Email):
		return nil
	}
	if moved {
		o.ShippingAddress = *to
	}
	if email != "" {
		o.Email = email
	}
	o.record(by.change(OrderContactChanged))
	return nil
}
