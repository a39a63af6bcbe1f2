package api

import (
	"context"
	"fmt"
	"net/http"

	"orderflow"
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
	c := orderflow.Customer{
		ID: r.caller.Subject, Name: body.Name, Email: body.Email, Address: body.Address, Notifications: body.Notifications,
	}
	if err := s.Customers.SaveCustomer(r.Context(), c); err != nil {
		return nil, fmt.Errorf("save profile: %w", err)
	}
	return answerProfile(r, c)
}

func answerProfile(r *request, c orderflow.Customer) (*reply, error) {
	answer, err := jsonReply(http.StatusOK, profileView{c.Name, c.Email, c.Address, c.Notifications})
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

// profile loads a customer's profile; who has none wants to be told everything.
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
