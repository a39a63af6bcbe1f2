package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"

	"github.com/orderflow-dev/orderflow"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/client"
)

type opsCorrectCommand struct {
	connection
	ID      string `arg:"" help:"The order's id."`
	Email   string `help:"The e-mail address." placeholder:"ADDRESS"`
	Address string `help:"A JSON file with the shipping address: name, line1, line2, city, state, postalCode, country, phone." placeholder:"FILE" type:"existingfile"`
	Reason  string `required:"" help:"The reason, for the order's timeline. No personal data."`
	JSON    bool   `help:"Print the API's answer."`
}

func (*opsCorrectCommand) Help() string {
	return "The e-mail address until the order has ended; the shipping address until the carrier has been told, and within its country.\n\n" +
		"Example:\n  orderflow ops correct ord_06cb4j3k7v1s0n9t8q2r5w4xyz --email ada@example.com --reason 'the customer called'"
}

// Validate refuses a correction of nothing.
func (c *opsCorrectCommand) Validate() error {
	if c.Email == "" && c.Address == "" {
		return errors.New("--email or --address is missing")
	}
	return c.connection.Validate()
}

func (c *opsCorrectCommand) Run(e *env) error {
	cl, err := c.client(e.ctx, client.Operators)
	if err != nil {
		return err
	}
	body := map[string]any{"reason": c.Reason}
	if c.Email != "" {
		body["email"] = c.Email
	}
	if c.Address != "" {
		text, err := os.ReadFile(c.Address)
		if err != nil {
			return err
		}
		var to orderflow.Address
		if err := json.Unmarshal(text, &to); err != nil {
			return fmt.Errorf("read %s: %w", c.Address, err)
		}
		body["shippingAddress"] = to
	}
	answer, err := cl.Do(e.ctx, http.MethodPost, "/ops/orders/"+url.PathEscape(c.ID)+"/contact", nil, body)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(e.stdout, answer)
	}
	fmt.Fprintf(e.stdout, "Order %s is corrected.\n", c.ID)
	return nil
}
