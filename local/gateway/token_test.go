package gateway

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/jonboulle/clockwork"
)

// TestTokens_verify uses one token again and again, while the time passes and the issuer changes
// its keys.
func TestTokens_verify(t *testing.T) {
	t.Parallel()
	mine, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	key, clock := &mine.PublicKey, clockwork.NewFakeClockAt(epoch)
	noKey := errors.New("no key")
	s := newTokens(func(_ context.Context, kid string) (*rsa.PublicKey, error) {
		if key == nil {
			return nil, noKey
		}
		return key, nil
	}, jwt.WithTimeFunc(clock.Now))
	raw := sign(t, mine, jwt.MapClaims{"exp": epoch.Add(time.Hour).Unix()})
	for _, step := range []struct {
		name   string
		before func()
		want   error
	}{
		{"first", func() {}, nil},
		{"again", func() {}, nil},
		{"its key is withdrawn", func() { key = nil }, noKey},
		{"another key", func() { key = &other.PublicKey }, jwt.ErrTokenSignatureInvalid},
		{"its key, read anew", func() { again := mine.PublicKey; key = &again }, nil},
		{"expired", func() { clock.Advance(time.Hour) }, jwt.ErrTokenExpired},
	} {
		step.before()
		if _, err := s.verify(t.Context(), raw); !errors.Is(err, step.want) {
			t.Errorf("%s: %v, want %v", step.name, err, step.want)
		}
	}
}

func TestTokens_bounded(t *testing.T) {
	t.Parallel()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	s := newTokens(func(context.Context, string) (*rsa.PublicKey, error) { return &key.PublicKey, nil })
	for i := range maxTokens {
		s.seen[fmt.Sprint(i)] = nil
	}
	if _, err := s.verify(t.Context(), sign(t, key, jwt.MapClaims{})); err != nil || len(s.seen) != 1 {
		t.Errorf("%d tokens are remembered, %v", len(s.seen), err)
	}
	if _, err := s.verify(t.Context(), "no token"); err == nil || len(s.seen) != 1 {
		t.Errorf("%d tokens are remembered after one that is none, %v", len(s.seen), err)
	}
}

func sign(t *testing.T, key *rsa.PrivateKey, claims jwt.MapClaims) string {
	t.Helper()
	token := jwt.NewWithClaims(jwt.SigningMethodRS256, claims)
	token.Header["kid"] = "k"
	raw, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
