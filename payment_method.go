package orderflow

import "time"

// StepAwaitPaymentMethod is the state that waits until the customer has confirmed the payment, or
// gives another payment method.
const StepAwaitPaymentMethod = "AwaitPaymentMethod"

// MethodRequest asks the customer of an order to confirm its payment, or for another payment method
// after a decline.
type MethodRequest struct {
	Since    time.Time `json:"since"`
	Deadline time.Time `json:"deadline,omitzero"` // when the step stops waiting
	GivenAt  time.Time `json:"givenAt,omitzero"`  // when the customer gave the method that is charged next
	// ClientSecret lets the customer confirm the payment with the provider. "": only another method
	// helps.
	ClientSecret string    `json:"clientSecret,omitempty"`
	ConfirmedAt  time.Time `json:"confirmedAt,omitzero"` // when the provider told of the customer's confirmation
}

// Open reports whether the customer is asked and has not answered.
func (r *MethodRequest) Open() bool { return r != nil && !r.Given() && r.ConfirmedAt.IsZero() }

// confirmable reports whether the customer could still confirm a payment.
func (r *MethodRequest) confirmable() bool { return r != nil && r.ClientSecret != "" }

// Given reports whether the customer has given another payment method.
func (r *MethodRequest) Given() bool { return r != nil && !r.GivenAt.IsZero() }

// RequireMethod records that the charge of a confirmed order was declined, and asks the customer for
// another payment method. by.Message is the reason for the customer. Returns CodeOrderCancelled or
// CodeInvalidState.
func (o *Order) RequireMethod(by By) error {
	if err := o.CanProceed(); err != nil {
		return err
	}
	if err := o.expect(Confirmed); err != nil {
		return err
	}
	o.MethodRequest = &MethodRequest{Since: by.At}
	o.PaymentStatus = PaymentDeclined
	o.endOutage()
	o.record(by.change(OrderPaymentChanged))
	return nil
}

// RequireAction records that the customer must confirm the payment of a confirmed order. Asking for
// the same confirmation again is a no-op, unless the provider told that it was done: then the
// provider decides otherwise. Returns CodeOrderCancelled or CodeInvalidState.
func (o *Order) RequireAction(clientSecret string, by By) error {
	if err := o.CanProceed(); err != nil {
		return err
	}
	if err := o.expect(Confirmed); err != nil {
		return err
	}
	if o.MethodRequest.Open() && o.MethodRequest.ClientSecret == clientSecret {
		return nil
	}
	o.MethodRequest = &MethodRequest{Since: by.At, ClientSecret: clientSecret}
	o.PaymentStatus = PaymentNone
	o.endOutage()
	by.Reason = string(CodePaymentActionRequired)
	o.record(by.change(OrderPaymentChanged))
	return nil
}

// WithdrawRequest ends a request to the customer: the payment is cancelled at the provider.
func (o *Order) WithdrawRequest() { o.MethodRequest = nil }

// CompleteAction records that the customer has confirmed the payment or has failed to, as the provider
// tells: the step that waits is woken and asks the provider. It does nothing if no confirmation is
// awaited.
func (o *Order) CompleteAction(by By) {
	r := o.MethodRequest
	if !r.Open() || !r.confirmable() || o.CanProceed() != nil {
		return
	}
	r.ConfirmedAt = by.At
	o.record(by.change(OrderActionCompleted))
}

// AwaitMethod records the step that waits for the customer. If the answer is known already, or a
// late invocation has settled the charge meanwhile, a newer attempt of the step is woken at once; an
// older attempt changes nothing. Returns CodeOrderCancelled; CodeInvalidState for an older attempt, and
// for an order that is dispatched or has ended.
func (o *Order) AwaitMethod(w Wait, by By) error {
	if o.Wait != nil && o.Wait.Token == w.Token {
		return nil
	}
	if err := o.expect(Confirmed, Paid); err != nil {
		return err
	}
	if o.MethodRequest.Open() && o.CanProceed() != nil {
		return o.CanProceed()
	}
	w.Since, w.RequestedAt = by.At, by.At
	if _, err := o.await(w); err != nil {
		return err
	}
	if o.MethodRequest != nil {
		o.MethodRequest.Deadline = w.Until
	}
	if o.MethodRequest.confirmable() {
		by.Reason = string(CodePaymentActionRequired)
	}
	o.record(by.change(OrderMethodRequested))
	return nil
}

// GiveMethod records another payment method for an order whose charge was declined or must be
// confirmed; the step that waits is woken. Giving the same one twice is a no-op. Returns CodeOrderCancelled if a cancel was
// accepted first; CodeInvalidState if the order needs no other method, or the time is over.
func (o *Order) GiveMethod(method string, by By) error {
	r := o.MethodRequest
	switch {
	case o.CanProceed() != nil:
		return o.CanProceed()
	case r == nil:
		return Errorf(CodeInvalidState, "order %s needs no other payment method", o.ID)
	case r.Given() && method == o.PaymentMethod:
		return nil
	case !r.ConfirmedAt.IsZero():
		return Errorf(CodeInvalidState, "the payment of order %s was confirmed a moment ago", o.ID)
	case !r.Open():
		return Errorf(CodeInvalidState, "order %s has another payment method already", o.ID)
	case !r.Deadline.IsZero() && !by.At.Before(r.Deadline):
		return Errorf(CodeInvalidState, "the time for another payment method of order %s is over", o.ID)
	}
	if err := o.expect(Confirmed); err != nil {
		return err
	}
	o.PaymentMethod, r.GivenAt, r.ClientSecret = method, by.At, ""
	o.PaymentStatus = PaymentNone
	o.record(by.change(OrderMethodChanged))
	return nil
}

// methodAnswer answers the step that waits for the customer.
func (o *Order) methodAnswer() *Answer {
	if o.MethodRequest.Open() {
		return nil
	}
	return &Answer{}
}
