package functions

import (
	"errors"
	"fmt"
	"net/mail"
	"strconv"
	"time"
)

// environment reads a function's environment variables and collects the errors.
type environment struct {
	get  func(string) string
	errs []error
}

// required returns the value of a variable. An empty value is an error.
func (e *environment) required(name string) string {
	v := e.get(name)
	if v == "" {
		e.errs = append(e.errs, fmt.Errorf("environment variable %s is not set", name))
	}
	return v
}

// unlessNone returns the value of a variable, or "" if that is none.
func (e *environment) unlessNone(name string) string {
	if v := e.required(name); v != "none" {
		return v
	}
	return ""
}

// sender returns the value of a variable, the From of mails, with a name as RFC 2047 wants it.
func (e *environment) sender(name string) string {
	v := e.required(name)
	if v == "" {
		return ""
	}
	from, err := mail.ParseAddress(v)
	if err != nil {
		e.errs = append(e.errs, fmt.Errorf("environment variable %s is not the address of a sender: %q", name, v))
		return ""
	}
	return from.String()
}

// duration returns the value of a variable, a whole number of units.
func (e *environment) duration(name string, unit time.Duration) time.Duration {
	return time.Duration(e.number(name)) * unit
}

// number returns the value of a variable, a whole number of 0 or more.
func (e *environment) number(name string) int {
	v := e.required(name)
	if v == "" {
		return 0
	}
	n, err := strconv.ParseInt(v, 10, 32)
	if err != nil || n < 0 {
		e.errs = append(e.errs, fmt.Errorf("environment variable %s is not a whole number: %q", name, v))
	}
	return int(n)
}

func (e *environment) err() error { return errors.Join(e.errs...) }
