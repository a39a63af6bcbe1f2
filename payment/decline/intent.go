package decline

// Lapsed is the decision on a PaymentIntent that Stripe has cancelled because its authorisation had
// ended: nothing was captured, and another attempt may succeed.
var Lapsed = Decision{Outcome: Again}

// Intent returns the decision on a PaymentIntent that has not succeeded, by its status. An unlisted
// status is Unknown.
func Intent(status string) Decision { return intentDecisions[status] }

// intentDecisions maps the statuses of PaymentIntents to decisions.
var intentDecisions = map[string]Decision{
	"requires_payment_method": {Refused, WasDeclined},
	"requires_action":         {Outcome: Unknown},
	"canceled":                {Refused, WasStopped},
	"processing":              {Outcome: Unknown},
	"requires_capture":        {Outcome: Unknown},
	"requires_confirmation":   {Outcome: Unknown},
}
