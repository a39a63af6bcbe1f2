package api

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/orderflow-dev/orderflow"
)

// Orders loads and saves single orders.
type Orders interface {
	// Order loads an order. Returns orderflow.CodeNotFound.
	Order(ctx context.Context, id string) (*orderflow.Order, error)
	// Commit saves what changed. Returns orderflow.CodeConflict if the order was changed since it was loaded.
	Commit(ctx context.Context, w orderflow.Write) error
}

// Placements saves new orders with the answers given for them, under the callers' idempotency keys.
type Placements interface {
	// Answer returns what is kept under the key, nil if nothing is or it has expired by now.
	Answer(ctx context.Context, key string, now time.Time) ([]byte, error)
	// Place saves a new order and the answer in one transaction. If an answer is kept under the key already, nothing is saved and
	// earlier is that answer. Returns orderflow.CodeConflict while another request with the key is being worked on.
	Place(ctx context.Context, o *orderflow.Order, key string, answer []byte, now, expires time.Time) (earlier []byte, err error)
}

// OrderLists lists orders, newest first: at most limit of them, those after the order with the id after ("" begins with the newest).
// next is what to pass as after for the next page, "" at the end; a page may be short and have a next.
type OrderLists interface {
	// OrdersOf lists a customer's orders; of one status unless it is "".
	OrdersOf(ctx context.Context, customerID string, status orderflow.Status, after string, limit int) (orders []*orderflow.Order, next string, err error)
	// AllOrders lists everybody's orders; of one status unless it is "", that need attention or do not unless attention is nil.
	AllOrders(ctx context.Context, status orderflow.Status, attention *bool, after string, limit int) (orders []*orderflow.Order, next string, err error)
}

// Catalogue reads the products.
type Catalogue interface {
	// Product returns one product. Returns orderflow.CodeNotFound.
	Product(ctx context.Context, sku string) (orderflow.Product, error)
	// Products returns the products that exist of at most 100 SKUs.
	Products(ctx context.Context, skus []string) (map[string]orderflow.Product, error)
	// ListProducts returns at most limit products; of one category unless it is "". after and next are as in OrderLists.
	ListProducts(ctx context.Context, category, after string, limit int) (products []orderflow.Product, next string, err error)
}

// Customers loads and saves profiles.
type Customers interface {
	// Customer loads a profile. Returns orderflow.CodeNotFound.
	Customer(ctx context.Context, id string) (orderflow.Customer, error)
	// SaveCustomer saves a profile as its next version. Returns orderflow.CodeConflict if it was saved since it was loaded.
	SaveCustomer(ctx context.Context, c orderflow.Customer) error
}

// Executions looks at and redrives the executions that fulfil orders.
type Executions interface {
	// Execution describes the execution of an order. Returns orderflow.CodeNotFound if none was started.
	Execution(ctx context.Context, orderID string) (orderflow.Execution, error)
	// History returns the latest limit events, oldest first, and whether there are older ones.
	History(ctx context.Context, orderID string, limit int) (events []orderflow.ExecutionEvent, older bool, err error)
	// Redrive lets the execution go on at the step that failed. Calling it twice with one token is a no-op.
	// Returns orderflow.CodeNotRedrivable with why not.
	Redrive(ctx context.Context, orderID, clientToken string) error
}

// Options are what the API is made of. All are needed, but for RefuseFreeOrders.
type Options struct {
	Orders        Orders
	Placements    Placements
	OrderLists    OrderLists
	Catalogue     Catalogue
	Customers     Customers
	Executions    Executions
	WebhookSecret string // shared with the carrier
	// RefuseFreeOrders refuses orders whose total is zero. Otherwise they are fulfilled without a charge.
	RefuseFreeOrders bool
	Now              func() time.Time
	NewOrderID       func(now time.Time) (string, error)
	Logger           *slog.Logger
}

type server struct{ Options }

// New makes the API.
func New(o Options) http.Handler {
	s := &server{Options: o}
	return s.logged(secured(s.recovered(s.router(routes))))
}

// now is the time as it is stored and told: UTC, in milliseconds.
func (s *server) now() time.Time { return s.Now().UTC().Truncate(time.Millisecond) }
