package payment

import "github.com/stripe/stripe-go/v85"

// declineDecisions are those that the decline code of a card error decides (https://docs.stripe.com/declines/codes). Where Stripe advises to
// attempt the payment again, and does not want the customer for it, that is done.
var declineDecisions = map[stripe.DeclineCode]decision{
	stripe.DeclineCodeApproveWithID:      {outcome: again},
	stripe.DeclineCodeIssuerNotAvailable: {outcome: again},
	stripe.DeclineCodeProcessingError:    {outcome: again},
	stripe.DeclineCodeReenterTransaction: {outcome: again},
	stripe.DeclineCodeTryAgainLater:      {outcome: again},

	stripe.DeclineCodeAuthenticationRequired:     {refused, wantsTheHolder},
	stripe.DeclineCodeIncorrectPIN:               {refused, wantsTheHolder},
	stripe.DeclineCodeInvalidPIN:                 {refused, wantsTheHolder},
	stripe.DeclineCodeOfflinePINRequired:         {refused, wantsTheHolder},
	stripe.DeclineCodeOnlineOrOfflinePINRequired: {refused, wantsTheHolder},

	stripe.DeclineCodeInsufficientFunds:            {refused, noFunds},
	stripe.DeclineCodeCardVelocityExceeded:         {refused, overLimit},
	stripe.DeclineCodeWithdrawalCountLimitExceeded: {refused, overLimit},
	stripe.DeclineCodePINTryExceeded:               {refused, tooManyDeclines},
	stripe.DeclineCodeInvalidAmount:                {refused, wrongAmount},
	stripe.DeclineCodeCurrencyNotSupported:         {refused, wrongCurrency},
	stripe.DeclineCodeDuplicateTransaction:         {refused, wasPaidBefore},

	stripe.DeclineCodeExpiredCard:                    {refused, hasExpired},
	stripe.DeclineCodeIncorrectCVC:                   {refused, wrongDetails},
	stripe.DeclineCodeIncorrectNumber:                {refused, wrongDetails},
	stripe.DeclineCodeIncorrectZip:                   {refused, wrongDetails},
	stripe.DeclineCodeInvalidCVC:                     {refused, wrongDetails},
	stripe.DeclineCodeInvalidExpiryMonth:             {refused, wrongDetails},
	stripe.DeclineCodeInvalidExpiryYear:              {refused, wrongDetails},
	stripe.DeclineCodeInvalidNumber:                  {refused, wrongDetails},
	stripe.DeclineCodeNewAccountInformationAvailable: {refused, wrongDetails},
	stripe.DeclineCodeCardNotSupported:               {refused, notUsable},
	stripe.DeclineCodeInvalidAccount:                 {refused, notUsable},
	stripe.DeclineCodeTestModeDecline:                {refused, notUsable},

	stripe.DeclineCodeCallIssuer:                    {refused, bankDeclined},
	stripe.DeclineCodeDoNotHonor:                    {refused, bankDeclined},
	stripe.DeclineCodeDoNotTryAgain:                 {refused, bankDeclined},
	stripe.DeclineCodeFraudulent:                    {refused, bankDeclined},
	stripe.DeclineCodeGenericDecline:                {refused, bankDeclined},
	stripe.DeclineCodeLostCard:                      {refused, bankDeclined},
	stripe.DeclineCodeMerchantBlacklist:             {refused, bankDeclined},
	stripe.DeclineCodeNoActionTaken:                 {refused, bankDeclined},
	stripe.DeclineCodeNotPermitted:                  {refused, bankDeclined},
	stripe.DeclineCodePickupCard:                    {refused, bankDeclined},
	stripe.DeclineCodeRestrictedCard:                {refused, bankDeclined},
	stripe.DeclineCodeRevocationOfAllAuthorizations: {refused, bankDeclined},
	stripe.DeclineCodeRevocationOfAuthorization:     {refused, bankDeclined},
	stripe.DeclineCodeSecurityViolation:             {refused, bankDeclined},
	stripe.DeclineCodeServiceNotAllowed:             {refused, bankDeclined},
	stripe.DeclineCodeStolenCard:                    {refused, bankDeclined},
	stripe.DeclineCodeStopPaymentOrder:              {refused, bankDeclined},
	stripe.DeclineCodeTransactionNotAllowed:         {refused, bankDeclined},
}
