package api

import (
	"context"
	"fmt"
	"net/http"

	"github.com/orderflow-dev/orderflow"
)

// profileView is the body of GET and PUT /me.
type profileView struct {
	Name          string                  `json:"name,omitempty"`
	Email         string                  `json:"email,omitempty"`
	Address       *orderflow.Address      `json:"address,omitempty"`
	Notifications orderflow.Notifications `json:"notifications"`
}

func (s *server) getProfile(r *request) (*reply, error) {
	c, err := s.profile(r.Context(), r.caller.Subject)
	if err != nil {
		return nil, err
	}
	return answerProfile(r, c)
}

func (s *server) putProfile(r *request) (*reply, error) {
	body := profileView{Notifications: orderflow.AllNotifications}
	if err := r.decode(&body); err != nil {
		return nil, err
	}
	load := func() (*orderflow.Customer, error) {
		c, err := s.profile(r.Context(), r.caller.Subject)
		return &c, err
	}
	write := func(c *orderflow.Customer) (bool, error) {
		err := r.checkPreconditions(*c)
		c.Name, c.Email, c.Address, c.Notifications = body.Name, body.Email, body.Address, body.Notifications
		return true, err
	}
	save := func(c *orderflow.Customer) error { return s.Customers.SaveCustomer(r.Context(), *c) }
	c, err := change(r.Context(), load, write, save)
	if err != nil {
		return nil, fmt.Errorf("change profile: %w", err)
	}
	return answerProfile(r, *c)
}

// checkPreconditions returns PreconditionFailed if the saved profile does not match If-Match, or
// matches If-None-Match, where "*" matches any saved profile (RFC 9110, sections 13.1.1 and
// 13.1.2).
func (r *request) checkPreconditions(saved orderflow.Customer) error {
	now, err := jsonReply(http.StatusOK, viewProfile(saved))
	if err != nil {
		return err
	}
	tag := tagOf(now.body)
	if wanted, given := r.Header["If-Match"]; given && !matches(wanted, tag, strong) {
		return refusef(codePreconditionFailed, "the profile was changed in the meantime: get it again")
	}
	if saved.Version != 0 && matches(r.Header.Values("If-None-Match"), tag, weak) {
		return refusef(codePreconditionFailed, "a profile is already saved: get it")
	}
	return nil
}

func viewProfile(c orderflow.Customer) profileView {
	return profileView{Name: c.Name, Email: c.Email, Address: c.Address, Notifications: c.Notifications}
}

func answerProfile(r *request, c orderflow.Customer) (*reply, error) {
	answer, err := jsonReply(http.StatusOK, viewProfile(c))
	if err != nil {
		return nil, err
	}
	tag := tagOf(answer.body)
	if r.Method == http.MethodPut {
		answer.header.Set("ETag", tag)
		return answer, nil
	}
	return answer.kept(r, "private, no-cache", tag), nil
}

// profile loads a customer's profile. A customer without one gets an empty profile with all
// notifications on.
func (s *server) profile(ctx context.Context, id string) (orderflow.Customer, error) {
	c, err := s.Customers.Customer(ctx, id)
	if orderflow.CodeOf(err) == orderflow.CodeNotFound {
		return orderflow.Customer{ID: id, Notifications: orderflow.AllNotifications}, nil
	}
	if err != nil {
		return orderflow.Customer{}, fmt.Errorf("load profile: %w", err)
	}
	return c, nil
}
