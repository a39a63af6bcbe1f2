package api

import (
	"cmp"
	"fmt"
	"net/http"
	"regexp"

	"github.com/orderflow-dev/orderflow"
)

// movementView is a movement as operators see it.
type movementView struct {
	orderflow.Movement
	At        moment `json:"at"`
	Warehouse string `json:"warehouse,omitempty"`
}

func viewMovement(m orderflow.Movement) movementView {
	v := movementView{Movement: m, At: moment{m.At}}
	if m.Kind != orderflow.MovementDetails {
		v.Warehouse = cmp.Or(m.Warehouse, orderflow.MainWarehouse)
	}
	return v
}

// movementID is the form of the ids in cursors.
var movementID = &schema{pattern: regexp.MustCompile(`^mov_[0-9a-hjkmnp-tv-z]{26}$`)}

// stockBody is the body of POST /ops/products/{sku}/stock.
type stockBody struct {
	Delta     int    `json:"delta"`
	Reason    string `json:"reason"`
	Warehouse string `json:"warehouse"`
}

// stockChange is a movement that is being applied, and its answer.
type stockChange struct {
	product  orderflow.Product
	movement orderflow.Movement
	answer   *reply
}

// opsChangeStock adds pieces to what is on hand, or takes them away. The movement and the answer
// are saved with the stock in one transaction, so that the answer can be replayed.
func (s *server) opsChangeStock(r *request) (*reply, error) {
	key, err := idempotencyKey(r)
	if err != nil {
		return nil, err
	}
	asked := append([]byte(r.values["sku"]+"\n"), r.body...) // the key is of one product
	earlier, err := s.Placements.Answer(r.Context(), key, s.now())
	if err != nil {
		return nil, fmt.Errorf("look up idempotency key: %w", err)
	}
	if earlier != nil {
		return replay(earlier, asked)
	}
	var body stockBody
	if err := r.decode(&body); err != nil {
		return nil, err
	}
	if body.Delta == 0 {
		return nil, refuseFaults(codeInvalidRequest, []Fault{{Pointer: "/delta", Detail: "must not be zero"}})
	}
	load := func() (*stockChange, error) {
		p, err := s.product(r.Context(), r.values["sku"])
		return &stockChange{product: p}, err
	}
	adjust := func(c *stockChange) (bool, error) { return true, s.adjust(r, &body, c) }
	save := func(c *stockChange) error { return s.saveStock(r, c, key, asked) }
	c, err := change(r.Context(), load, adjust, save)
	if err != nil {
		return nil, fmt.Errorf("change stock: %w", err)
	}
	return c.answer, nil
}

// adjust makes the movement and the answer to it.
func (s *server) adjust(r *request, body *stockBody, c *stockChange) error {
	now := s.now()
	id, err := s.NewMovementID(now)
	if err != nil {
		return err
	}
	by := orderflow.By{At: now, Actor: "operator:" + r.caller.Subject, Reason: body.Reason}
	if c.movement, err = c.product.Adjust(id, body.Warehouse, body.Delta, by); err != nil {
		return err
	}
	c.answer, err = jsonReply(http.StatusOK, viewMovement(c.movement))
	return err
}

func (s *server) saveStock(r *request, c *stockChange, key string, asked []byte) error {
	record, err := remember(c.answer, asked)
	if err != nil {
		return err
	}
	now := s.now()
	earlier, err := s.Stockroom.MoveStock(r.Context(), c.product, c.movement, key, record, now, now.Add(answersKept))
	if err == nil && earlier != nil {
		c.answer, err = replay(earlier, asked)
	}
	return err
}

// opsListMovements lists what operators did to a product, newest first.
func (s *server) opsListMovements(r *request) (*reply, error) {
	sku := r.values["sku"]
	if _, err := s.product(r.Context(), sku); err != nil {
		return nil, err
	}
	list := func(after string, limit int) ([]orderflow.Movement, string, error) {
		return s.Stockroom.ListMovements(r.Context(), sku, after, limit)
	}
	movements, next, err := page(r, movementID, list, viewMovement, sku)
	if err != nil {
		return nil, fmt.Errorf("list movements: %w", err)
	}
	return jsonReply(http.StatusOK, struct {
		Movements []movementView `json:"movements"`
		Next      string         `json:"next,omitempty"`
	}{movements, next})
}
