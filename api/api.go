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
	// Commit saves what changed. Returns orderflow.CodeConflict if the order was changed since it
	// was loaded.
	Commit(ctx context.Context, w orderflow.Write) error
}

// Placements saves new orders together with the answers to their requests, under the callers'
// idempotency keys.
type Placements interface {
	// Answer returns the answer that is kept under the key, or nil if there is none or it has
	// expired.
	Answer(ctx context.Context, key string, now time.Time) ([]byte, error)
	// Place saves a new order, its claim on a promotion and the answer in one transaction. If an
	// answer is already kept under the key, Place saves nothing and returns it as earlier. Returns
	// orderflow.CodeConflict while another request with the key is in progress,
	// orderflow.CodePromotionUsed if the customer has a claim, CodeTooManyOrders if the customer
	// placed as many orders as an hour of the clock allows.
	Place(
		ctx context.Context, o *orderflow.Order, key string, answer []byte, now, expires time.Time,
	) (earlier []byte, err error)
}

// OrderLists lists orders, newest first: at most limit of them, beginning after the order whose id
// is after, or with the newest if after is "". next is the value of after for the next page, "" at
// the end. A page may be short and still have a next one.
type OrderLists interface {
	// FindOrders lists the orders that the filter selects.
	FindOrders(
		ctx context.Context, f orderflow.OrderFilter, after string, limit int,
	) (orders []*orderflow.Order, next string, err error)
	// OldestOpen lists the orders that have not ended and were placed before a time, oldest first. more
	// reports whether there may be others.
	OldestOpen(ctx context.Context, before time.Time, limit int) (orders []*orderflow.Order, more bool, err error)
}

// Catalogue reads the products.
type Catalogue interface {
	// Product returns one product. Returns orderflow.CodeNotFound.
	Product(ctx context.Context, sku string) (orderflow.Product, error)
	// Products returns those of at most 100 SKUs that exist.
	Products(ctx context.Context, skus []string) (map[string]orderflow.Product, error)
	// ListProducts returns at most limit products, of one category unless it is "". after and next
	// are as in OrderLists.
	ListProducts(
		ctx context.Context, category, after string, limit int,
	) (products []orderflow.Product, next string, err error)
}

// Stockroom keeps the catalogue and the stock, and the log of both.
type Stockroom interface {
	// SaveProduct saves the details of a product as its next version, or a new product, and the
	// movement that tells of them. Returns orderflow.CodeConflict if the product was saved since it
	// was loaded.
	SaveProduct(ctx context.Context, p orderflow.Product, exists bool, m orderflow.Movement) error
	// MoveStock applies the movement to the product as it was loaded, and saves the movement and
	// the answer. If an answer is already saved under the key, nothing is saved and earlier is that
	// answer. Returns orderflow.CodeConflict if the movement no longer fits the product, or while
	// another request with the key is in progress.
	MoveStock(ctx context.Context, p orderflow.Product, m orderflow.Movement, key string, answer []byte,
		now, expires time.Time) (earlier []byte, err error)
	// ListMovements lists a product's movements, newest first. after and next are as in OrderLists.
	ListMovements(ctx context.Context, sku, after string, limit int) (movements []orderflow.Movement, next string, err error)
}

// Customers loads and saves profiles.
type Customers interface {
	// Customer loads a profile. Returns orderflow.CodeNotFound.
	Customer(ctx context.Context, id string) (orderflow.Customer, error)
	// SaveCustomer saves a profile as its next version. Returns orderflow.CodeConflict if the
	// profile was saved since it was loaded.
	SaveCustomer(ctx context.Context, c orderflow.Customer) error
}

// Executions starts, reads and redrives the executions that fulfil orders, by their names
// (Order.ExecutionName).
type Executions interface {
	// Execution returns an execution. Returns orderflow.CodeNotFound if it was not started.
	Execution(ctx context.Context, name string) (orderflow.Execution, error)
	// Start starts an execution. One that exists already is success.
	Start(ctx context.Context, name string) error
	// History returns the latest limit events, oldest first. older reports whether there are older
	// ones.
	History(ctx context.Context, name string, limit int) (events []orderflow.ExecutionEvent, older bool, err error)
	// Redrive resumes the execution at the step that failed. Calling it twice with one token is a
	// no-op. Returns orderflow.CodeNotRedrivable with the reason.
	Redrive(ctx context.Context, name, clientToken string) error
}

// Options are the parts of the API. Those that the operations of the service use are required,
// except RefuseFreeOrders and SignIn.
type Options struct {
	// Service serves only the operations with this tag in the contract; "" serves all. Every service
	// answers for paths and methods that are not in the contract.
	Service              string
	Orders               Orders
	Placements           Placements
	OrderLists           OrderLists
	Catalogue            Catalogue
	Pricing              Pricing
	Stockroom            Stockroom
	Customers            Customers
	Executions           Executions
	Jobs                 Jobs
	JobRuns              JobRuns
	Audit                Audit
	Queues               Queues
	Mails                Mails
	MailQueue            MailQueue
	WebhookSecret        string // shared with the carrier
	PaymentWebhookSecret string // shared with the payment provider
	// RefuseFreeOrders refuses orders whose total is zero. Otherwise they are fulfilled without a
	// charge.
	RefuseFreeOrders bool
	SignIn           SignIn        // of the console; zero: none
	ReturnWindow     time.Duration // how long after its end an order can be returned
	Now              func() time.Time
	NewOrderID       func(now time.Time) (string, error)
	NewMovementID    func(now time.Time) (string, error)
	NewJobID         func(now time.Time) (string, error)
	NewAct           func(now time.Time) (*orderflow.Act, error)
	Logger           *slog.Logger
}

type server struct{ Options }

// New returns the API.
func New(o Options) http.Handler {
	s := &server{Options: o}
	return s.logged(secured(s.recovered(s.router(routes))))
}

// now returns the time as it is stored and shown: UTC, in milliseconds.
func (s *server) now() time.Time { return s.Now().UTC().Truncate(time.Millisecond) }
