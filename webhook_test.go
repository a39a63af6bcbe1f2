package orderflow

import (
	"encoding/hex"
	"strings"
	"testing"
	"time"
)

func TestVerifyWebhook(t *testing.T) {
	t.Parallel()
	const secret = "a secret of the carrier"
	at := time.Unix(1_780_000_000, 0)
	body := []byte(`{"shipmentId":"shp_1"}`)
	signed := SignWebhook(secret, at, body)
	for _, tt := range []struct {
		name, secret, header string
		body                 string
		now                  time.Time
		ok                   bool
	}{
		{"right", secret, signed, string(body), at, true},
		{"five minutes late", secret, signed, string(body), at.Add(5 * time.Minute), true},
		{"too late", secret, signed, string(body), at.Add(5*time.Minute + time.Second), false},
		{"from the future", secret, signed, string(body), at.Add(-6 * time.Minute), false},
		{"other body", secret, signed, string(body) + " ", at, false},
		{"other secret", "another secret", signed, string(body), at, false},
		{"no secret", "", SignWebhook("", at, body), string(body), at, false},
		{"no header", secret, "", string(body), at, false},
		{"no time", secret, strings.SplitN(signed, ",", 2)[1], string(body), at, false},
		{"no signature", secret, strings.SplitN(signed, ",", 2)[0], string(body), at, false},
		{"time changed", secret, strings.Replace(signed, "t=1780000000", "t=1780000001", 1), string(body), at, false},
		{"not hex", secret, "t=1780000000,v1=zz", string(body), at, false},
		{"an empty time and another", secret, "t=," + signed, string(body), at, false},
		{"two times", secret, "t=1780000001," + signed, string(body), at, false},
		{"old and new secret", secret, "t=1780000000,v1=00," + strings.SplitN(signed, ",", 2)[1], string(body), at, true},
		{"with blanks", secret, strings.Replace(signed, ",", ", ", 1), string(body), at, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := VerifyWebhook(tt.secret, tt.header, []byte(tt.body), tt.now)
			if (err == nil) != tt.ok {
				t.Fatalf("got %v, want ok %v", err, tt.ok)
			}
			if err != nil && CodeOf(err) != CodeInvalidSignature {
				t.Fatalf("got code %q", CodeOf(err))
			}
		})
	}
}

// TestVerifyWebhook_seconds: the time has one spelling, decimal digits. Any other spelling is
// refused even if it is signed.
func TestVerifyWebhook_seconds(t *testing.T) {
	t.Parallel()
	const secret = "a secret of the carrier"
	now, body := time.Unix(1_780_000_000, 0), []byte(`{}`)
	for seconds, ok := range map[string]bool{
		"1780000000": true, "1780000299": true, "+1780000000": false, "-1780000000": false, "01780000000": false,
		"001780000000": false, "+01780000000": false,
		" 1780000000": false, "1780000000 ": false, "1780000000.0": false, "1.78e9": false, "1_780_000_000": false,
		"0x6a18a600": false, "١٧٨٠٠٠٠٠٠٠": false,
		"1780000000000": false, "99999999999999999999": false, "0": false, "-0": false, "-1": false, "": false,
	} {
		header := "v1=" + hex.EncodeToString(webhookMAC(secret, seconds, body)) + ",t=" + seconds
		if err := VerifyWebhook(secret, header, body, now); (err == nil) != ok || err != nil &&
			CodeOf(err) != CodeInvalidSignature {
			t.Errorf("t=%q: got %v, want ok %v", seconds, err, ok)
		}
	}
}

// The expected value comes from another tool, so that a carrier can check its own code against it:
//
//	printf '%s' '1780000000.{"shipmentId":"shp_1"}' |
//		openssl dgst -sha256 -hmac 'a secret of the carrier'
func TestSignWebhook_vector(t *testing.T) {
	t.Parallel()
	const want = "t=1780000000,v1=1477a497b1378afda2998089a86def2efd1e62385da3147b19dc22c8ccb875e6"
	if got := SignWebhook("a secret of the carrier", time.Unix(1_780_000_000, 0),
		[]byte(`{"shipmentId":"shp_1"}`)); got != want {
		t.Fatalf("got %s, want %s", got, want)
	}
}
