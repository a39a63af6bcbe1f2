package dynamodb

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/orderflow-dev/orderflow/local/awsapi"
	"github.com/orderflow-dev/orderflow/local/dynamodb/attr"
	"github.com/orderflow-dev/orderflow/local/store"
)

// tokenLife is how long a client request token makes a transaction idempotent.
const tokenLife = 10 * time.Minute

// maxToken is the longest client request token in bytes.
const maxToken = 36

// token is a client request token and the fingerprint of the transaction that carries it.
type token struct {
	name        string
	fingerprint [sha256.Size]byte
}

// newToken returns nil for a transaction without a token.
func newToken(in *transactWriteInput, writes []*write) *token {
	if !in.ClientRequestToken.given {
		return nil
	}
	var b []byte
	text := func(s string) { b = append(binary.AppendUvarint(b, uint64(len(s))), s...) }
	for i, w := range writes {
		_, action, _ := in.TransactItems[i].action() // checked by bounds
		b = append(b, byte(w.kind))
		b = attr.AppendItem(append(b, w.itemKey...), w.item)
		for _, expression := range []*string{action.ConditionExpression, action.UpdateExpression} {
			if expression != nil {
				text(*expression)
			}
			text("")
		}
		for _, name := range slices.Sorted(maps.Keys(action.ExpressionAttributeNames)) {
			text(name)
			text(action.ExpressionAttributeNames[name])
		}
		b = attr.AppendItem(b, attr.Item(action.ExpressionAttributeValues))
	}
	return &token{in.ClientRequestToken.text, sha256.Sum256(b)}
}

// Tokens are kept by the interval of tokenLife in which they were used: a token is looked for in
// the current and the previous interval, and older intervals are dropped as a whole.
func interval(t time.Time) uint64 { return uint64(t.Unix() / int64(tokenLife/time.Second)) }

// transacted reports whether the transaction was done before. The caller holds the token's lock.
func (s *Service) transacted(t *token) (bool, error) {
	if t == nil {
		return false, nil
	}
	now := s.clock.Now()
	for _, at := range []uint64{interval(now), interval(now) - 1} {
		stored, err := s.store.Get(tokenKey(at, t.name))
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		var expires uint64
		var fingerprint []byte
		if err == nil {
			expires, fingerprint, err = store.CutUint(stored)
		}
		switch {
		case err != nil:
			return false, fmt.Errorf("read client request token: %w", err)
		case !now.Before(time.UnixMilli(int64(expires))):
			return false, nil
		case !bytes.Equal(fingerprint, t.fingerprint[:]):
			return false, awsapi.Errorf("IdempotentParameterMismatchException",
				"The request uses the same client token as a previous, but non-identical request.")
		}
		return true, nil
	}
	return false, nil
}

// write puts the token into the batch of its transaction.
func (t *token) write(b *store.Batch, now time.Time) {
	expires := uint64(now.Add(tokenLife).UnixMilli())
	b.Set(tokenKey(interval(now), t.name), append(store.Key(nil).Uint(expires), t.fingerprint[:]...))
}

// forgetTokens removes the tokens of past intervals.
func (s *Service) forgetTokens() error {
	oldest := interval(s.clock.Now()) - 1
	if s.tokensFrom.Swap(oldest) == oldest {
		return nil
	}
	b := s.store.NewBatch()
	b.DeleteRange(tokensKey(), tokensKey().Uint(oldest))
	if err := b.Commit(); err != nil {
		return fmt.Errorf("forget client request tokens: %w", err)
	}
	return nil
}
