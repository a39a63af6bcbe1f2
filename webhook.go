package orderflow

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"time"
)

// The headers in which the carrier and the payment provider sign their webhooks, both as Stripe does:
// "t=<unix seconds>,v1=<hex HMAC-SHA256>" (https://docs.stripe.com/webhooks/signature).
const (
	SignatureHeader       = "Orderflow-Signature"
	StripeSignatureHeader = "Stripe-Signature"
)

// SignatureTolerance is the largest accepted difference between a signature's time and now, in
// either direction.
const SignatureTolerance = 5 * time.Minute

// CodeInvalidSignature refuses a webhook with a wrong or expired signature.
const CodeInvalidSignature Code = "InvalidSignature"

// The statuses of a ShipmentNotice.
const (
	NoticeDispatched = "dispatched"
	NoticeFailed     = "failed"
	NoticeDelivered  = "delivered"
)

// ShipmentNotice is the body of the carrier's webhook.
type ShipmentNotice struct {
	ShipmentID     string `json:"shipmentId"`
	OrderID        string `json:"orderId"`
	Status         string `json:"status"`                   // NoticeDispatched, NoticeFailed or NoticeDelivered
	Carrier        string `json:"carrier,omitempty"`        // required if dispatched, and only then
	TrackingNumber string `json:"trackingNumber,omitempty"` // required if dispatched, and only then
	Reason         string `json:"reason,omitempty"`         // if failed: a code such as "AddressUnreachable"; published, so no free text
}

// SignWebhook returns the value of the SignatureHeader for a body sent at the given time.
// The signature covers the time and the body: HMAC-SHA256(secret, seconds + "." + body).
func SignWebhook(secret string, at time.Time, body []byte) string {
	seconds := strconv.FormatInt(at.Unix(), 10)
	return "t=" + seconds + ",v1=" + hex.EncodeToString(webhookMAC(secret, seconds, body))
}

// VerifyWebhook checks the value of a SignatureHeader. It may hold several v1 values while a secret
// is rotated; one must match. Returns CodeInvalidSignature, also for an empty secret.
func VerifyWebhook(secret, header string, body []byte, now time.Time) error {
	if secret == "" {
		return Errorf(CodeInvalidSignature, "no webhook secret is set")
	}
	seconds, signatures := parseSignature(header)
	at, ok := parseSeconds(seconds)
	if !ok || len(signatures) == 0 {
		return Errorf(CodeInvalidSignature, "the header with the signature is missing or malformed")
	}
	want := webhookMAC(secret, seconds, body)
	for _, s := range signatures {
		got, err := hex.DecodeString(s)
		if err != nil || !hmac.Equal(got, want) {
			continue
		}
		if age := now.Sub(at); age > SignatureTolerance || age < -SignatureTolerance {
			return Errorf(CodeInvalidSignature, "the signature's time is more than %d minutes from now",
				int(SignatureTolerance.Minutes()))
		}
		return nil
	}
	return Errorf(CodeInvalidSignature, "the signature does not match the body")
}

func webhookMAC(secret, seconds string, body []byte) []byte {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(seconds + "."))
	mac.Write(body)
	return mac.Sum(nil)
}

// parseSeconds reads a time as SignWebhook writes it: decimal digits without a sign or leading
// zeros.
func parseSeconds(seconds string) (at time.Time, ok bool) {
	unix, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil || unix < 0 || strconv.FormatInt(unix, 10) != seconds {
		return time.Time{}, false
	}
	return time.Unix(unix, 0), true
}

// parseSignature returns nothing for a header with two times, which is ambiguous.
func parseSignature(header string) (seconds string, signatures []string) {
	timed := false
	for part := range strings.SplitSeq(header, ",") {
		switch name, value, _ := strings.Cut(strings.TrimSpace(part), "="); name {
		case "t":
			if timed {
				return "", nil
			}
			seconds, timed = value, true
		case "v1":
			signatures = append(signatures, value)
		}
	}
	return seconds, signatures
}
