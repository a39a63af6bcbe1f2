// Package issuer is an OpenID Connect issuer for one machine. It mints the access tokens that a
// Cognito user pool would, signed by a key that is made once and kept in the store, so that tokens
// stay valid after a restart.
package issuer

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"
	"github.com/jonboulle/clockwork"

	"github.com/orderflow-dev/orderflow/local/store"
)

// DefaultTTL is the lifetime of tokens that ask for none, as in Cognito.
const DefaultTTL = time.Hour

// maxTTL is the longest that Cognito allows.
const maxTTL = 24 * time.Hour

// Options of New.
type Options struct {
	URL string // the issuer's name, the tokens' iss, e.g. "http://127.0.0.1:8080"; without a slash at the end
	// Clients are the app clients that may request tokens by HTTP; none allows all.
	Clients []string
	// Random makes the key; crypto/rand by default.
	Random io.Reader
	NewID  func() string // jti; random UUIDs by default
}

// Issuer mints tokens. It is safe for concurrent use.
type Issuer struct {
	opt   Options
	clock clockwork.Clock
	key   *rsa.PrivateKey
	kid   string
}

// Claims of an access token.
type Claims struct {
	Subject  string
	Username string // the subject by default
	ClientID string
	Scopes   []string
	Groups   []string      // cognito:groups
	TTL      time.Duration // DefaultTTL by default, 24 h at most
}

// New loads the issuer's key from the store, or makes and saves one.
func New(st *store.Store, clock clockwork.Clock, opt Options) (*Issuer, error) {
	if opt.URL == "" {
		return nil, errors.New("new issuer: no URL")
	}
	opt.URL = strings.TrimSuffix(opt.URL, "/")
	if opt.Random == nil {
		opt.Random = rand.Reader
	}
	if opt.NewID == nil {
		opt.NewID = uuid.NewString
	}
	key, err := loadKey(st, opt.Random)
	if err != nil {
		return nil, fmt.Errorf("new issuer: %w", err)
	}
	sum := sha256.Sum256(x509.MarshalPKCS1PublicKey(&key.PublicKey))
	return &Issuer{opt: opt, clock: clock, key: key, kid: base64.RawURLEncoding.EncodeToString(sum[:])}, nil
}

const pemType = "PRIVATE KEY"

func loadKey(st *store.Store, random io.Reader) (*rsa.PrivateKey, error) {
	at := store.NewKey("issuer", "key")
	saved, err := st.Get(at)
	if err == nil {
		return parseKey(saved)
	}
	if !errors.Is(err, store.ErrNotFound) {
		return nil, fmt.Errorf("load key: %w", err)
	}
	key, err := rsa.GenerateKey(random, 2048)
	if err != nil {
		return nil, fmt.Errorf("make key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("encode key: %w", err)
	}
	b := st.NewBatch()
	b.Set(at, pem.EncodeToMemory(&pem.Block{Type: pemType, Bytes: der}))
	if err := b.Commit(); err != nil {
		return nil, fmt.Errorf("save key: %w", err)
	}
	return key, nil
}

func parseKey(text []byte) (*rsa.PrivateKey, error) {
	block, _ := pem.Decode(text)
	if block == nil || block.Type != pemType {
		return nil, errors.New("parse key: not PEM")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("parse key: %w", err)
	}
	k, ok := key.(*rsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("parse key: %T is not an RSA key", key)
	}
	return k, nil
}

// URL is the issuer's name.
func (i *Issuer) URL() string { return i.opt.URL }

// Mint signs an access token in the form of a Cognito user pool's.
func (i *Issuer) Mint(c Claims) (string, error) {
	switch {
	case c.Subject == "":
		return "", errors.New("mint token: no subject")
	case c.TTL < 0 || c.TTL > maxTTL:
		return "", fmt.Errorf("mint token: lifetime %v is not between 0 and 24 h", c.TTL)
	case c.TTL == 0:
		c.TTL = DefaultTTL
	}
	if c.Username == "" {
		c.Username = c.Subject
	}
	now, id := i.clock.Now(), i.opt.NewID()
	claims := jwt.MapClaims{
		"iss": i.opt.URL, "sub": c.Subject, "client_id": c.ClientID, "token_use": "access",
		"scope":     strings.Join(c.Scopes, " "),
		"auth_time": now.Unix(), "iat": now.Unix(), "exp": now.Add(c.TTL).Unix(), "jti": id, "origin_jti": id,
		"version": 2, "username": c.Username,
	}
	if len(c.Groups) > 0 {
		claims["cognito:groups"] = c.Groups
	}
	t := jwt.NewWithClaims(jwt.SigningMethodRS256, claims)
	t.Header = map[string]any{"alg": "RS256", "kid": i.kid}
	signed, err := t.SignedString(i.key)
	if err != nil {
		return "", fmt.Errorf("mint token: %w", err)
	}
	return signed, nil
}

// keySet is the JSON web key set.
func (i *Issuer) keySet() any {
	e := big.NewInt(int64(i.key.E)).Bytes()
	return map[string]any{"keys": []map[string]string{{
		"alg": "RS256", "kty": "RSA", "use": "sig", "kid": i.kid,
		"e": base64.RawURLEncoding.EncodeToString(e), "n": base64.RawURLEncoding.EncodeToString(i.key.N.Bytes()),
	}}}
}
