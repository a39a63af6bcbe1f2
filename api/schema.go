package api

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// schema is a schema of the contract for a value in a request. It covers the part of OpenAPI that
// the contract uses there.
type schema struct {
	kind       string // object, array, string, integer, boolean
	min, max   int64  // characters of a string (max 0: unbounded), value of an integer, or entries of an array
	pattern    *regexp.Regexp
	enum       []string
	format     string // of a string or an object; wellFormed and checkMembers know those that the contract uses
	fault      string // the error text for a string that breaks its pattern or bounds
	preset     string // the value of a parameter that is missing
	items      *schema
	required   []string
	open       bool // an object may have other members
	properties map[string]*schema
}

// maxFaults is the most faults that one answer lists.
const maxFaults = 100

// faultList collects the faults of a body.
type faultList []Fault

func (f *faultList) add(pointer, format string, args ...any) {
	if len(*f) < maxFaults {
		*f = append(*f, Fault{Pointer: pointer, Detail: fmt.Sprintf(format, args...)})
	}
}

// check adds the faults of a value that parseJSON returned; at is its JSON pointer.
func (s *schema) check(value any, at string, faults *faultList) {
	switch v := value.(type) {
	case map[string]any:
		if s.kind == "object" {
			s.checkObject(v, at, faults)
			return
		}
	case []any:
		if s.kind == "array" {
			s.checkArray(v, at, faults)
			return
		}
	case string:
		if s.kind == "string" {
			if detail := s.checkText(v); detail != "" {
				faults.add(at, "%s", detail)
			}
			return
		}
	case json.Number:
		if s.kind == "integer" {
			if detail := s.checkText(v.String()); detail != "" {
				faults.add(at, "%s", detail)
			}
			return
		}
	case bool:
		if s.kind == "boolean" {
			return
		}
	}
	faults.add(at, "must be %s", s.article())
}

func (s *schema) article() string {
	switch s.kind {
	case "object", "array":
		return "an " + s.kind
	case "integer":
		return s.wholeNumber()
	}
	return "a " + s.kind
}

func (s *schema) wholeNumber() string {
	return fmt.Sprintf("a whole number from %d to %d", s.min, s.max)
}

func (s *schema) checkObject(v map[string]any, at string, faults *faultList) {
	for _, name := range s.required {
		if _, ok := v[name]; !ok {
			faults.add(at+"/"+name, "is missing")
		}
	}
	names := make([]string, 0, len(v))
	for name := range v {
		names = append(names, name)
	}
	slices.Sort(names) // the same faults in the same order every time
	for _, name := range names {
		pointer := at + "/" + pointerEscapes.Replace(name)
		if p, ok := s.properties[name]; ok {
			p.check(v[name], pointer, faults)
		} else if !s.open {
			faults.add(pointer, "is not known")
		}
	}
	s.checkMembers(v, at, faults)
}

// checkMembers checks the rules between members, which a schema cannot express.
func (s *schema) checkMembers(v map[string]any, at string, faults *faultList) {
	country, _ := v["country"].(string)
	if _, given := v["postalCode"]; s.format == "postal-address" && !given && needsPostalCode(country) {
		faults.add(at+"/postalCode", "is missing: addresses in %s need one", country)
	}
}

// pointerEscapes escapes a name for a JSON pointer (RFC 6901, section 3).
var pointerEscapes = strings.NewReplacer("~", "~0", "/", "~1")

func (s *schema) checkArray(v []any, at string, faults *faultList) {
	if n := int64(len(v)); n < s.min || n > s.max {
		faults.add(at, "must have %d to %d entries, has %d", s.min, s.max, n)
		return
	}
	for i, e := range v {
		s.items.check(e, at+"/"+strconv.Itoa(i), faults)
	}
}

// checkText returns what is wrong with a string, or with the text of an integer or boolean. It
// returns "" if nothing is.
func (s *schema) checkText(v string) string {
	switch s.kind {
	case "integer":
		if n, err := strconv.ParseInt(v, 10, 64); err != nil || n < s.min || n > s.max || strconv.FormatInt(n, 10) != v {
			return "must be " + s.wholeNumber()
		}
		return ""
	case "boolean":
		if v != "true" && v != "false" {
			return "must be true or false"
		}
		return ""
	}
	if len(s.enum) > 0 {
		if !slices.Contains(s.enum, v) {
			return "must be one of " + strings.Join(s.enum, ", ")
		}
		return ""
	}
	n := int64(utf8.RuneCountInString(v))
	short, long := n < s.min, s.max > 0 && n > s.max
	if short || long || (s.pattern != nil && !s.pattern.MatchString(v)) || !s.wellFormed(v) {
		if s.fault != "" {
			return s.fault
		}
		return fmt.Sprintf("must have %d to %d characters", s.min, s.max)
	}
	return ""
}

// wellFormed reports whether a string satisfies the rules that a pattern cannot express.
func (s *schema) wellFormed(v string) bool {
	switch s.format {
	case "iso-3166-1-alpha-2":
		return isCountry(v)
	case "iso-4217":
		return isCurrency(v)
	case "email":
		return isEmail(v)
	case "visible-line":
		return isVisibleLine(v)
	}
	return true
}
