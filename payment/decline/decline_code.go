package decline

// declineDecisions holds the decisions that depend on the decline code of a card error
// (https://docs.stripe.com/declines/codes). If Stripe advises to attempt the payment again without
// involving the customer, the decision is Again.
var declineDecisions = map[string]Decision{
	"approve_with_id":      {Outcome: Again},
	"issuer_not_available": {Outcome: Again},
	"processing_error":     {Outcome: Again},
	"reenter_transaction":  {Outcome: Again},
	"try_again_later":      {Outcome: Again},

	"authentication_required":        {Refused, WantsTheHolder},
	"incorrect_pin":                  {Refused, WantsTheHolder},
	"invalid_pin":                    {Refused, WantsTheHolder},
	"offline_pin_required":           {Refused, WantsTheHolder},
	"online_or_offline_pin_required": {Refused, WantsTheHolder},

	"insufficient_funds":              {Refused, NoFunds},
	"card_velocity_exceeded":          {Refused, OverLimit},
	"withdrawal_count_limit_exceeded": {Refused, OverLimit},
	"pin_try_exceeded":                {Refused, TooManyDeclines},
	"invalid_amount":                  {Refused, WrongAmount},
	"currency_not_supported":          {Refused, WrongCurrency},
	"duplicate_transaction":           {Refused, WasPaidBefore},

	"expired_card":                      {Refused, HasExpired},
	"incorrect_cvc":                     {Refused, WrongDetails},
	"incorrect_number":                  {Refused, WrongDetails},
	"incorrect_zip":                     {Refused, WrongDetails},
	"invalid_cvc":                       {Refused, WrongDetails},
	"invalid_expiry_month":              {Refused, WrongDetails},
	"invalid_expiry_year":               {Refused, WrongDetails},
	"invalid_number":                    {Refused, WrongDetails},
	"new_account_information_available": {Refused, WrongDetails},
	"card_not_supported":                {Refused, NotUsable},
	"invalid_account":                   {Refused, NotUsable},
	"testmode_decline":                  {Refused, NotUsable},

	"call_issuer":                      {Refused, BankDeclined},
	"do_not_honor":                     {Refused, BankDeclined},
	"do_not_try_again":                 {Refused, BankDeclined},
	"fraudulent":                       {Refused, BankDeclined},
	"generic_decline":                  {Refused, BankDeclined},
	"lost_card":                        {Refused, BankDeclined},
	"merchant_blacklist":               {Refused, BankDeclined},
	"no_action_taken":                  {Refused, BankDeclined},
	"not_permitted":                    {Refused, BankDeclined},
	"pickup_card":                      {Refused, BankDeclined},
	"restricted_card":                  {Refused, BankDeclined},
	"revocation_of_all_authorizations": {Refused, BankDeclined},
	"revocation_of_authorization":      {Refused, BankDeclined},
	"security_violation":               {Refused, BankDeclined},
	"service_not_allowed":              {Refused, BankDeclined},
	"stolen_card":                      {Refused, BankDeclined},
	"stop_payment_order":               {Refused, BankDeclined},
	"transaction_not_allowed":          {Refused, BankDeclined},
}
