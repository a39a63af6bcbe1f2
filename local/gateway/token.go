package gateway

import (
	"context"
	"crypto/rsa"
	"errors"
	"sync"

	"github.com/golang-jwt/jwt/v5"
)

// maxTokens bounds the tokens that an authorizer remembers.
const maxTokens = 1024

// token is one whose signature a key of the issuer has made. It is not changed any more.
type token struct {
	keyID  string
	key    *rsa.PublicKey
	claims jwt.MapClaims
	texts  map[string]string // the claims as functions receive them
}

// tokens remembers tokens with a valid signature: customers send a token many times, and verifying
// its signature costs more than the rest of the gateway. Times and issuer are checked on each use,
// and the issuer must still have the key.
type tokens struct {
	parser    *jwt.Parser
	validator *jwt.Validator
	keys      func(ctx context.Context, kid string) (*rsa.PublicKey, error)

	mu   sync.Mutex
	seen map[string]*token
}

func newTokens(keys func(context.Context, string) (*rsa.PublicKey, error), options ...jwt.ParserOption) *tokens {
	return &tokens{parser: jwt.NewParser(options...), validator: jwt.NewValidator(options...), keys: keys,
		seen: map[string]*token{}}
}

// verify returns the token of its text; errors are those of package jwt.
func (s *tokens) verify(ctx context.Context, raw string) (*token, error) {
	s.mu.Lock()
	t := s.seen[raw]
	s.mu.Unlock()
	if t != nil {
		if key, err := s.keys(ctx, t.keyID); err == nil && key == t.key {
			return t, s.validator.Validate(t.claims)
		}
	}
	t, err := s.parse(ctx, raw)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.seen) >= maxTokens {
		clear(s.seen)
	}
	s.seen[raw] = t
	return t, nil
}

func (s *tokens) parse(ctx context.Context, raw string) (*token, error) {
	t := &token{claims: jwt.MapClaims{}, texts: map[string]string{}}
	_, err := s.parser.ParseWithClaims(raw, t.claims, func(parsed *jwt.Token) (_ any, err error) {
		var ok bool
		if t.keyID, ok = parsed.Header["kid"].(string); !ok {
			return nil, errors.New("no kid")
		}
		t.key, err = s.keys(ctx, t.keyID)
		return t.key, err
	})
	if err != nil {
		return nil, err
	}
	for name, value := range t.claims {
		t.texts[name] = claimText(value)
	}
	return t, nil
}
