package decline

// Intent finds the decision on a PaymentIntent that has not succeeded, by its status. On a status that is new, nothing is decided.
func Intent(status string) Decision { return intentDecisions[status] }

// intentDecisions are what the statuses of PaymentIntents mean. One that asks for anything more than was given off session is declined: nobody is
// there to give it.
var intentDecisions = map[string]Decision{
	"requires_payment_method": {Refused, WasDeclined},
	"requires_action":         {Refused, WantsTheHolder},
	"canceled":                {Refused, WasStopped},
	"processing":              {Outcome: Unknown},
	"requires_capture":        {Outcome: Unknown},
	"requires_confirmation":   {Outcome: Unknown},
}
