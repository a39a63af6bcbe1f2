package template

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// TestTemplate_firewall: the firewall passes and inspects the largest body that the contract
// allows.
func TestTemplate_firewall(t *testing.T) {
	t.Parallel()
	firewalls := deployed(t).Of("AWS::WAFv2::WebACL")
	if len(firewalls) != 1 {
		t.Fatalf("%d firewalls", len(firewalls))
	}
	inspects, limit, common := 16, 0, false // CloudFront's default is 16 KB
	setting := text(object(firewalls[0].get("AssociationConfig", "RequestBody", "CLOUDFRONT"))["DefaultSizeInspectionLimit"])
	if n, err := strconv.Atoi(regexp.MustCompile(`^KB_`).ReplaceAllString(setting, "")); err == nil {
		inspects = n
	}
	for _, v := range list(firewalls[0].get("Rules")) {
		statement := object(object(v)["Statement"])
		if size := object(statement["SizeConstraintStatement"]); object(size["FieldToMatch"])["Body"] != nil {
			limit, _ = number(size["Size"])
			body := object(object(size["FieldToMatch"])["Body"])
			if text(body["OversizeHandling"]) != "MATCH" || text(size["ComparisonOperator"]) != "GT" {
				t.Error("the size rule lets through what the firewall does not inspect")
			}
		}
		group := object(statement["ManagedRuleGroupStatement"])
		for _, o := range list(group["RuleActionOverrides"]) {
			counted := object(object(o)["ActionToUse"])["Count"] != nil
			common = common || counted && text(group["Name"]) == "AWSManagedRulesCommonRuleSet" &&
				text(object(o)["Name"]) == "SizeRestrictions_BODY"
		}
	}
	if !common {
		t.Error("AWS's common rules block bodies over 8 KB")
	}
	if limit != inspects*1024 {
		t.Errorf("bodies may have %d bytes, of which the firewall inspects %d", limit, inspects*1024)
	}
	if n := largestBody(t); n > limit || n < 8*1024 {
		t.Errorf("the contract allows bodies of %d bytes, the firewall %d", n, limit)
	}
}

// TestTemplate_firewallAnswers: the firewall's answers have the format that the contract gives API
// Gateway's refusals.
func TestTemplate_firewallAnswers(t *testing.T) {
	t.Parallel()
	doc, err := openapi3.NewLoader().LoadFromFile(filepath.Join(root, "api/openapi.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	firewall := deployed(t).Of("AWS::WAFv2::WebACL")[0]
	bodies, answers := object(firewall.get("CustomResponseBodies")), 0
	for _, rule := range list(firewall.get("Rules")) {
		block := object(object(object(object(rule)["Action"])["Block"])["CustomResponse"])
		if block == nil {
			continue
		}
		answers++
		body := object(bodies[text(block["CustomResponseBodyKey"])])
		var value any
		if err := json.Unmarshal([]byte(text(body["Content"])), &value); err != nil || text(body["ContentType"]) != "APPLICATION_JSON" {
			t.Errorf("%v answers with %v: %v", block["ResponseCode"], body, err)
		} else if err := doc.Components.Schemas["GatewayMessage"].Value.VisitJSON(value); err != nil {
			t.Errorf("%v: %v", block["ResponseCode"], err)
		}
	}
	if answers != 2 {
		t.Errorf("%d rules answer by themselves", answers)
	}
}

// largestBody returns the size in bytes of the largest request body that the contract allows,
// without optional blanks.
func largestBody(t *testing.T) int {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromFile(filepath.Join(root, "api/openapi.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	largest := 0
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			if op.RequestBody == nil {
				continue
			}
			n, err := largestJSON(op.RequestBody.Value.Content.Get("application/json").Schema.Value)
			if err != nil {
				t.Errorf("%s %s: %v", method, path, err)
			}
			largest = max(largest, n)
		}
	}
	return largest
}

// mostRepeated matches how often a pattern repeats its last character class: {0,63} in
// "^[A-Z][A-Z0-9]{0,63}$".
var mostRepeated = regexp.MustCompile(`\{(?:\d+,)?(\d+)\}\$$`)

// largestJSON returns the most bytes that the JSON of a schema can have. A character that a pattern
// does not limit to ASCII takes 12: JSON may escape it, as \ud834\udd1e.
func largestJSON(s *openapi3.Schema) (int, error) {
	switch {
	case len(s.Enum) > 0:
		n := 0
		for _, v := range s.Enum {
			n = max(n, len(fmt.Sprintf("%q", v)))
		}
		return n, nil
	case s.Type.Is("object"):
		n := len("{}")
		for name, p := range s.Properties {
			inner, err := largestJSON(p.Value)
			if err != nil {
				return 0, fmt.Errorf("%s: %w", name, err)
			}
			n += len(`"":,`) + len(name) + inner
		}
		return n, nil
	case s.Type.Is("array") && s.MaxItems != nil:
		inner, err := largestJSON(s.Items.Value)
		return len("[]") + int(*s.MaxItems)*(inner+len(",")), err
	case s.Type.Is("string") && s.MaxLength != nil:
		return len(`""`) + int(*s.MaxLength)*12, nil
	case s.Type.Is("string"):
		m := mostRepeated.FindStringSubmatch(s.Pattern)
		if m == nil {
			return 0, fmt.Errorf("nothing bounds the string's length: %q", s.Pattern)
		}
		n, err := strconv.Atoi(m[1])
		return len(`""`) + len("pm_x") + n, err
	case s.Type.Is("integer"):
		return len("-9223372036854775808"), nil
	case s.Type.Is("boolean"):
		return len("false"), nil
	}
	return 0, fmt.Errorf("the schema is of no known type: %v", s.Type)
}
