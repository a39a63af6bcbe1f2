package gateway

import (
	"context"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"sync"
	"time"

	"github.com/jonboulle/clockwork"
)

// API Gateway keeps an issuer's keys for two hours. An unknown key id fetches them again, but not
// more often than this.
const (
	keysLifetime = 2 * time.Hour
	keysPause    = 10 * time.Second
)

// JWKS makes Authorizer.Keys from a function that gets the issuer's JSON web key set (RFC 7517).
func JWKS(
	get func(context.Context) ([]byte, error), clock clockwork.Clock,
) func(context.Context, string) (*rsa.PublicKey, error) {
	s := &keySet{get: get, clock: clock}
	return s.key
}

type keySet struct {
	get   func(ctx context.Context) ([]byte, error)
	clock clockwork.Clock

	mu      sync.Mutex
	keys    map[string]*rsa.PublicKey
	fetched time.Time
}

func (s *keySet) key(ctx context.Context, kid string) (*rsa.PublicKey, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	age := s.clock.Since(s.fetched)
	if k := s.keys[kid]; k != nil && age < keysLifetime {
		return k, nil
	}
	if s.keys != nil && age < keysPause {
		return nil, fmt.Errorf("no key %q", kid)
	}
	body, err := s.get(ctx)
	if err != nil {
		return nil, fmt.Errorf("get key set: %w", err)
	}
	if s.keys, err = parseKeys(body); err != nil {
		return nil, err
	}
	s.fetched = s.clock.Now()
	if k := s.keys[kid]; k != nil {
		return k, nil
	}
	return nil, fmt.Errorf("no key %q", kid)
}

func parseKeys(body []byte) (map[string]*rsa.PublicKey, error) {
	var set struct {
		Keys []struct {
			ID   string `json:"kid"`
			Type string `json:"kty"`
			N    string `json:"n"`
			E    string `json:"e"`
		} `json:"keys"`
	}
	if err := json.Unmarshal(body, &set); err != nil {
		return nil, fmt.Errorf("parse key set: %w", err)
	}
	keys := map[string]*rsa.PublicKey{}
	for _, k := range set.Keys {
		if k.Type != "RSA" {
			continue // HTTP APIs support RSA only
		}
		n, errN := base64.RawURLEncoding.DecodeString(k.N)
		e, errE := base64.RawURLEncoding.DecodeString(k.E)
		if err := errors.Join(errN, errE); err != nil {
			return nil, fmt.Errorf("parse key %s: %w", k.ID, err)
		}
		keys[k.ID] = &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())}
	}
	return keys, nil
}
