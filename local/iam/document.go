package iam

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
)

// The elements of a policy and of its statements; their names are case-sensitive.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
var (
	policyElements    = []string{"Version", "Id", "Statement"}
	statementElements = []string{"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource",
		"NotResource", "Condition"}
	policyVersions = []string{"2012-10-17", "2008-10-17"}
)

// identitySid is the form of a statement's id in an identity policy; resource policies allow other
// characters.
var identitySid = regexp.MustCompile(`^[A-Za-z0-9]*$`)

// wirePolicy is the JSON form of a policy document.
type wirePolicy struct {
	Version   *string
	ID        string `json:"Id"`
	Statement json.RawMessage
}

// statementsOf returns the statements of a document, which may be one or a list.
func statementsOf(document json.RawMessage) ([]json.RawMessage, error) {
	var doc wirePolicy
	if err := decodeElements(document, policyElements, &doc); err != nil {
		return nil, err
	}
	if v := doc.Version; v != nil && !slices.Contains(policyVersions, *v) {
		return nil, fmt.Errorf("version %q is neither of %q", *v, policyVersions)
	}
	if len(doc.Statement) == 0 {
		return nil, errors.New("no Statement")
	}
	if doc.Statement[0] == '{' {
		return []json.RawMessage{doc.Statement}, nil
	}
	var list []json.RawMessage
	if err := json.Unmarshal(doc.Statement, &list); err != nil {
		return nil, fmt.Errorf("statement: %w", err)
	}
	return list, nil
}

// decodeElements reads an object whose elements are all known. encoding/json ignores a misspelt
// element: an Allow would lose its Condition.
func decodeElements(object json.RawMessage, known []string, v any) error {
	if err := json.Unmarshal(object, v); err != nil {
		return err
	}
	var elements map[string]json.RawMessage
	if err := json.Unmarshal(object, &elements); err != nil {
		return err
	}
	for name := range elements {
		if !slices.Contains(known, name) {
			return fmt.Errorf("unknown element %q", name)
		}
	}
	d := json.NewDecoder(bytes.NewReader(object))
	d.UseNumber()
	return checkValue(d)
}

// checkValue refuses what encoding/json would drop from the next value: null, and a name that an
// object has twice.
func checkValue(d *json.Decoder) error {
	t, err := d.Token()
	if err != nil {
		return err
	}
	if t == nil {
		return errors.New("a policy may not contain null")
	}
	open, ok := t.(json.Delim)
	if !ok {
		return nil
	}
	names := map[json.Token]bool{}
	for d.More() {
		if open == '{' {
			name, err := d.Token()
			if err != nil {
				return err
			}
			if names[name] {
				return fmt.Errorf("%q occurs twice in one object", name)
			}
			names[name] = true
		}
		if err := checkValue(d); err != nil {
			return err
		}
	}
	_, err = d.Token()
	return err
}
