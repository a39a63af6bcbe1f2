package client

import (
	"time"

	"github.com/orderflow-dev/orderflow"
)

// Failures is the answer of GET /ops/failures.
type Failures struct {
	Failures  []Failure `json:"failures"`
	Truncated bool      `json:"truncated"` // more orders need attention than were grouped
}

// Failure is the orders that need attention for one reason.
type Failure struct {
	ID      string            `json:"failure"`
	Code    string            `json:"code"`
	Step    string            `json:"step"`
	Message string            `json:"message"`
	Orders  int               `json:"orders"`
	Value   []orderflow.Money `json:"value"`
	Oldest  time.Time         `json:"oldest"`
	Newest  time.Time         `json:"newest"`
	Samples []string          `json:"samples"`
}
