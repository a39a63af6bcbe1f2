package orderflow

import "time"

// StepAwaitPaymentMethod is the state that waits until the customer gives another payment method.
const StepAwaitPaymentMethod = "AwaitPaymentMethod"

// MethodRequest asks the customer of an order whose charge was declined for another payment method.
type MethodRequest struct {
	Since    time.Time `json:"since"`
	Deadline time.Time `json:"deadline,omitzero"` // when the step stops waiting
	GivenAt  time.Time `json:"givenAt,omitzero"`  // when the customer gave the method that is charged next
}

// Open reports whether the customer is asked and has not answered.
func (r *MethodRequest) Open() bool { return r != nil && r.GivenAt.IsZero() }

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

// AwaitMethod records the step that waits for another payment method. If one was given already, or a
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
	o.record(by.change(OrderMethodRequested))
	return nil
}

// GiveMethod records another payment method for an order whose charge was declined; the step that
// waits is woken. Giving the same one twice is a no-op. Returns CodeOrderCancelled if a cancel was
// accepted first; CodeInvalidState if the order needs no other method, or the time is over.
func (o *Order) GiveMethod(method string, by By) error {
	r := o.MethodRequest
	switch {
	case o.CanProceed() != nil:
		return o.CanProceed()
	case r == nil:
		return Errorf(CodeInvalidState, "order %s needs no other payment method", o.ID)
	case !r.Open() && method == o.PaymentMethod:
		return nil
	case !r.Open():
		return Errorf(CodeInvalidState, "order %s has another payment method already", o.ID)
	case !r.Deadline.IsZero() && !by.At.Before(r.Deadline):
		return Errorf(CodeInvalidState, "the time for another payment method of order %s is over", o.ID)
	}
	if err := o.expect(Confirmed); err != nil {
		return err
	}
	o.PaymentMethod, r.GivenAt = method, by.At
	o.PaymentStatus = PaymentNone
	o.record(by.change(OrderMethodChanged))
	return nil
}

// methodAnswer answers the step that waits for another payment method.
func (o *Order) methodAnswer() *Answer {
	if o.MethodRequest.Open() {
		return nil
	}
	return &Answer{}
}
