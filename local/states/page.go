package states

import (
	"encoding/base64"

	"github.com/orderflow-dev/orderflow/local/awsapi"
)

// A page token holds where the next page begins, and which listing it belongs to.
const (
	pageMachines   = 'm'
	pageExecutions = 'e'
	pageHistory    = 'h'
)

func sealPage(listing byte, position []byte) string {
	return base64.RawURLEncoding.EncodeToString(append([]byte{listing}, position...))
}

func openPage(listing byte, token string) ([]byte, error) {
	b, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(b) < 2 || b[0] != listing {
		return nil, awsapi.Errorf("InvalidToken", "Invalid Token: 'Invalid token'")
	}
	return b[1:], nil
}

// pageSize returns a listing's maxResults: 100 by default, 1,000 at most.
func pageSize(maxResults int) (int, error) {
	switch {
	case maxResults == 0:
		return 100, nil
	case maxResults < 0:
		return 0,
			validation("Value '%d' at 'maxResults' failed to satisfy constraint: "+
				"Member must have value greater than or equal to 0", maxResults)
	case maxResults > 1000:
		return 0,
			validation("Value '%d' at 'maxResults' failed to satisfy constraint: "+
				"Member must have value less than or equal to 1000", maxResults)
	}
	return maxResults, nil
}
