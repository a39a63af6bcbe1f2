package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
)

// SignIn is where operators sign in to the console: pages of OAuth 2.0's authorization code flow
// with PKCE (RFC 7636). The console's own address must be an allowed callback.
type SignIn struct {
	URL      string `json:"url"` // of Cognito's domain
	ClientID string `json:"clientId"`
}

// noSignIn is the element of the console's page that the sign-in replaces.
const noSignIn = `<meta name="sign-in" content="">`

// console serves the operators' console. Its page is the same for everyone; what it shows comes
// from the API, with the operator's token.
func (s *server) console(r *request) (*reply, error) {
	page, err := consolePage()
	if err != nil {
		return nil, err
	}
	more := "; img-src data:; connect-src 'self'"
	if s.SignIn.URL != "" {
		setting, err := json.Marshal(s.SignIn)
		if err != nil {
			return nil, fmt.Errorf("encode sign-in: %w", err)
		}
		meta := `<meta name="sign-in" content="` + html.EscapeString(string(setting)) + `">`
		page = bytes.Replace(page, []byte(noSignIn), []byte(meta), 1)
		more += " " + s.SignIn.URL
	}
	a := static(r, "text/html; charset=utf-8", page)
	a.header.Set("Content-Security-Policy", pagePolicy(page, more))
	return a, nil
}
