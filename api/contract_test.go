package api

import (
	"encoding/json"
	"errors"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"go.yaml.in/yaml/v3"

	"github.com/orderflow-dev/orderflow"
)

func loadContract(t testing.TB) *openapi3.T {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(source)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// TestContract_isValid validates the document and its examples with another implementation of
// OpenAPI.
func TestContract_isValid(t *testing.T) {
	t.Parallel()
	if err := loadContract(t).Validate(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// TestContract_isDeployed compares the contract with the routes that the template gives the API's
// function.
func TestContract_isDeployed(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("../template.yaml")
	must(t, err)
	var template struct {
		Resources map[string]struct {
			Properties struct {
				Handler string `yaml:"Handler"`
				Events  map[string]struct {
					Type       string `yaml:"Type"`
					Properties struct {
						Method string `yaml:"Method"`
						Path   string `yaml:"Path"`
						Auth   struct {
							Authorizer string `yaml:"Authorizer"`
						} `yaml:"Auth"`
					} `yaml:"Properties"`
				} `yaml:"Events"`
			} `yaml:"Properties"`
		} `yaml:"Resources"`
	}
	var document yaml.Node
	must(t, yaml.Unmarshal(source, &document))
	must(t, plainNodes(&document).Decode(&template))
	type deployed struct {
		service, method, path string
		public                bool
	}
	got, want := map[string]deployed{}, map[string]deployed{}
	for _, f := range template.Resources {
		for name, e := range f.Properties.Events {
			if p := e.Properties; e.Type == "HttpApi" {
				got[name] = deployed{
					service: strings.TrimPrefix(f.Properties.Handler, "api-"), method: p.Method, path: p.Path, public: p.Auth.Authorizer == "",
				}
			}
		}
	}
	for _, r := range routes {
		want[r.operation] = deployed{service: r.service, method: r.method, path: r.path, public: r.public}
		if r.method == "GET" { // a route of API Gateway is for one method
			want["Head"+r.operation] = deployed{service: r.service, method: "HEAD", path: r.path, public: r.public}
		}
	}
	// $default: the function refuses requests without a route, with Allow and a problem
	want["Otherwise"] = deployed{service: "service", public: true}
	if !maps.Equal(got, want) {
		t.Errorf("template.yaml has %v\nthe contract has %v", got, want)
	}
}

// plainNodes replaces the template's own tags (!Ref, !Sub) by null. The compared values have none.
func plainNodes(n *yaml.Node) *yaml.Node {
	if strings.HasPrefix(n.Tag, "!") && !strings.HasPrefix(n.Tag, "!!") {
		*n = yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Value: "null"}
	}
	for _, c := range n.Content {
		plainNodes(c)
	}
	return n
}

// TestContract_namesEveryCode checks that the contract describes each code that the API returns.
func TestContract_namesEveryCode(t *testing.T) {
	t.Parallel()
	doc := loadContract(t)
	described := map[string]string{}
	for _, response := range doc.Components.Responses {
		for _, code := range regexp.MustCompile("`([A-Z][A-Za-z]+)`").FindAllStringSubmatch(*response.Value.Description, -1) {
			described[code[1]] = *response.Value.Description
		}
	}
	for code := range statuses {
		// InvalidOrder of the domain cannot occur: earlier checks refuse such orders.
		if described[string(code)] == "" && code != orderflow.CodeInvalidOrder {
			t.Errorf("the contract does not describe %s", code)
		}
	}
	if described["Internal"] == "" {
		t.Error("the contract does not describe Internal")
	}
}

// TestContract_listsTheEdge checks that every operation lists the answers that API Gateway and the
// dispatcher give before the handler runs.
func TestContract_listsTheEdge(t *testing.T) {
	t.Parallel()
	for path, item := range loadContract(t).Paths.Map() {
		for method, op := range item.Operations() {
			statuses := []string{"400", "429", "500", "503", "default"}
			if security := op.Security; security != nil && len(*security) > 0 && (*security)[0]["token"] != nil {
				statuses = append(statuses, "401", "403")
			}
			if op.RequestBody != nil {
				statuses = append(statuses, "413", "415", "422")
			}
			for _, status := range statuses {
				if op.Responses.Value(status) == nil {
					t.Errorf("%s %s does not list %s", method, path, status)
				}
			}
		}
	}
}

func TestOpenAPIAndDocs(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	res := f.get(nil, "/openapi.yaml").expect(200, "")
	if string(res.body) != string(source) || res.header.Get("Content-Type") != "application/yaml" {
		t.Errorf("got %v", res.header)
	}
	f.get(nil, "/openapi.yaml", "If-None-Match: "+res.header.Get("ETag")).expect(304, "")
	page := f.get(nil, "/docs").expect(200, "")
	if page.header.Get("Content-Type") != "text/html; charset=utf-8" ||
		!strings.Contains(page.header.Get("Content-Security-Policy"), "style-src 'sha256-") {
		t.Errorf("got %v", page.header)
	}
	text := string(page.body)
	for _, r := range routes {
		if !strings.Contains(text, `id="`+strings.ToLower(r.operation)+`"`) ||
			!strings.Contains(text, "<code>"+r.path+"</code>") {
			t.Errorf("%s is not documented", r.operation)
		}
	}
	for _, outside := range []string{"<script", "src=", "@import", "url(", "http://", `href="http`} {
		if strings.Contains(text, outside) {
			t.Errorf("the page loads something from outside: %s", outside)
		}
	}
	for _, target := range regexp.MustCompile(`href="#([^"]+)"`).FindAllStringSubmatch(text, -1) {
		if !strings.Contains(text, `id="`+target[1]+`"`) {
			t.Errorf("the link #%s has no target", target[1])
		}
	}
	if f.get(nil, "/healthz").expect(200, "").body == nil {
		t.Error("no body")
	}
}

// FuzzPlaceOrder compares the parsing of bodies with the contract. A body that is accepted also
// satisfies the schema as another implementation reads it, and no body causes a panic.
func FuzzPlaceOrder(f *testing.F) {
	for _, body := range []string{
		order(), order("-email", `expectedTotal={"amount":0,"currency":"EUR"}`),
		order(`items=[{"sku":"a","quantity":1000}]`), order("email=null"), `[]`, `{"a":{"b":[1,2,{}]}}`,
		`{"items":[{"sku":"\u0000","quantity":-0}],"currency":"USD"}`, strings.Repeat("[", 100), `"\ud800"`,
		order(`shippingAddress.name="\u00a0"`), order(`currency="USD "`),
	} {
		f.Add([]byte(body))
	}
	schema := loadContract(f).Components.Schemas["PlaceOrder"].Value
	f.Fuzz(func(t *testing.T, body []byte) {
		var got placeBody
		err := decodeBody(body, schemaPlaceOrder, &got)
		if err != nil {
			var no *refusal
			if !errors.As(err, &no) || (no.code != codeMalformedRequest && no.code != codeInvalidRequest) {
				t.Fatalf("got %v", err)
			}
			if no.code == codeInvalidRequest && len(no.faults) == 0 {
				t.Fatal("refused without a fault")
			}
			return
		}
		var value any
		must(t, json.Unmarshal(body, &value))
		if err := schema.VisitJSON(value); err != nil {
			t.Fatalf("accepted %s, but: %v", body, err)
		}
		if len(got.Items) < 1 || len(got.Items) > 100 {
			t.Fatalf("got %d items", len(got.Items))
		}
		for _, i := range got.Items {
			if i.Quantity < 1 || i.Quantity > 999 || i.SKU == "" {
				t.Fatalf("got %+v", i)
			}
		}
	})
}

// TestSchemas_agree validates the same values with both implementations.
func TestSchemas_agree(t *testing.T) {
	t.Parallel()
	doc := loadContract(t)
	for name, s := range map[string]*schema{"Sku": schemaSku, "OrderId": schemaOrderId, "Category": schemaCategory,
		"Email": schemaEmail, "Status": schemaStatus} {
		theirs := doc.Components.Schemas[name].Value
		for _, v := range []string{"", "A", "PLACED", "a@b.c", "a@b", "ord_000sksmeyf00rq2d2yxq4fhqgr",
			"ord_000sksmeyf00rq2d2yxq4fhqgu", "home & garden", "-x", "x\n", strings.Repeat("x", 64),
			strings.Repeat("x", 65), "é"} {
			if ours, err := s.checkText(v), theirs.VisitJSON(v); (ours == "") != (err == nil) {
				t.Errorf("%s %q: api reports %q, kin-openapi %v", name, v, ours, err)
			}
		}
	}
}

func TestISOCodes(t *testing.T) {
	t.Parallel()
	if n := len(strings.Fields(countries)); n != 249 {
		t.Errorf("got %d countries", n)
	}
	for _, list := range []string{countries, currencies} {
		codes := strings.Fields(list)
		if !slices.IsSorted(codes) || len(slices.Compact(codes)) != len(strings.Fields(list)) {
			t.Errorf("not sorted or not unique: %v", codes)
		}
	}
	if isCountry("") || isCountry("D") || !isCurrency("JPY") {
		t.Error("the look-up is wrong")
	}
}
