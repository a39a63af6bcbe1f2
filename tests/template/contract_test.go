package template

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// TestTemplate_routes: the routes of the template are those of the contract, with the same scopes
// or open. api/routes_gen.go is generated from the contract.
func TestTemplate_routes(t *testing.T) {
	t.Parallel()
	want, got := contractRoutes(t), map[string]string{}
	api := deployed(t).Of("AWS::Serverless::HttpApi")
	if len(api) != 1 {
		t.Fatalf("%d APIs", len(api))
	}
	if api[0].get("Auth", "DefaultAuthorizer") != nil {
		t.Error("there is a default authorizer: SAM then writes {NONE: []} for open routes, " +
			"which is not a security scheme, and FailOnWarnings is set")
	}
	for _, f := range deployed(t).Of("AWS::Serverless::Function") {
		for _, e := range object(f.get("Events")) {
			p := object(object(e)["Properties"])
			if text(object(e)["Type"]) != "HttpApi" {
				continue
			}
			access := "open"
			if auth := object(p["Auth"]); auth != nil {
				access = text(auth["Authorizer"]) + fmt.Sprint(list(auth["AuthorizationScopes"]))
			}
			got[text(p["Method"])+" "+text(p["Path"])] = access
		}
	}
	for _, line := range routeDifferences(got, want) {
		t.Error(line)
	}
	for key := range object(api[0].get("RouteSettings")) {
		if _, ok := want[key]; !ok {
			t.Errorf("RouteSettings are for %q, which is no route", key)
		}
	}
}

// routeDifferences names each route that only one side has, or that has other scopes.
func routeDifferences(template, contract map[string]string) (lines []string) {
	all := maps.Clone(template)
	maps.Copy(all, contract)
	for _, route := range slices.Sorted(maps.Keys(all)) {
		if got, want := cmp.Or(template[route], "no such route"), cmp.Or(contract[route], "no such route"); got != want {
			lines = append(lines, fmt.Sprintf("%s: template.yaml has %s, openapi.yaml %s", route, got, want))
		}
	}
	return lines
}

func TestRouteDifferences(t *testing.T) {
	t.Parallel()
	got := routeDifferences(
		map[string]string{"GET /a": "open", "GET /b": "open", "GET /c": "open"},
		map[string]string{"GET /a": "open", "GET /b": "Tokens", "GET /d": "open"},
	)
	want := []string{
		"GET /b: template.yaml has open, openapi.yaml Tokens", "GET /c: template.yaml has open, openapi.yaml no such route",
		"GET /d: template.yaml has no such route, openapi.yaml open",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// contractRoutes returns the operations of the contract: "POST /orders" -> the scopes as the
// template writes them, or "open".
func contractRoutes(t *testing.T) map[string]string {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromFile(filepath.Join(root, "api/openapi.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	scopes := deployedScopes(t)
	out := map[string]string{}
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			access := "open"
			security := doc.Security
			if op.Security != nil {
				security = *op.Security
			}
			for _, s := range security {
				names, ok := s["token"]
				if !ok { // the handler checks a webhook's signature
					continue
				}
				if len(names) != 1 {
					t.Errorf("%s %s has %d scopes: API Gateway asks for any, the handler for all", method, path, len(names))
					continue
				}
				if !slices.Contains(scopes, names[0]) {
					t.Errorf("%s %s: the resource server has no scope %s", method, path, names[0])
				}
				access = "Tokens" + fmt.Sprint([]string{names[0], "orderflow/" + names[0]})
			}
			out[method+" "+path] = access
			if method == "GET" {
				out["HEAD "+path] = access
			}
		}
	}
	out[" "] = "open" // the route $default, which has neither method nor path
	if len(out) < 10 {
		t.Fatalf("only %d operations", len(out))
	}
	return out
}

// deployedScopes are the scopes of the resource server "orderflow", which the tokens of both app
// clients may have.
func deployedScopes(t *testing.T) []string {
	t.Helper()
	server := deployed(t).Of("AWS::Cognito::UserPoolResourceServer")
	if len(server) != 1 || text(server[0].get("Identifier")) != "orderflow" {
		t.Fatal("there is not one resource server orderflow")
	}
	var names []string
	for _, s := range list(server[0].get("Scopes")) {
		names = append(names, text(object(s)["ScopeName"]))
	}
	for _, c := range deployed(t).Of("AWS::Cognito::UserPoolClient") {
		allowed := fmt.Sprint(c.get("AllowedOAuthScopes"))
		for _, n := range names {
			if !strings.Contains(allowed, "${"+server[0].ID+"}/"+n) {
				t.Errorf("%s may not have the scope %s", c.ID, n)
			}
		}
	}
	return names
}

func TestTemplate_outputs(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile(filepath.Join(root, "template.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	_, outputs, ok := strings.Cut(string(source), "\nOutputs:\n")
	if !ok {
		t.Fatal("there are no outputs")
	}
	for _, name := range []string{"ApiUrl", "SignInUrl", "UserPoolId", "StorefrontClientId", "OperatorsClientId", "StateMachineArn",
		"NotificationsTopicArn", "AlertsTopicArn", "OrdersTableName", "ProductsTableName"} {
		if !strings.Contains("\n"+outputs, "\n  "+name+":\n") {
			t.Errorf("there is no output %s", name)
		}
	}
}

// TestTemplate_metrics: the metric filters match the lines that tasks/metric.go logs.
func TestTemplate_metrics(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile(filepath.Join(root, "tasks/metric.go"))
	if err != nil {
		t.Fatal(err)
	}
	filters := deployed(t).Of("AWS::Logs::MetricFilter")
	if len(filters) == 0 {
		t.Fatal("there are no metric filters")
	}
	for _, f := range filters {
		value := text(object(list(f.get("MetricTransformations"))[0])["MetricValue"])
		names := regexp.MustCompile(`"([a-z]+)"|\$\.([a-zA-Z]+)`).FindAllStringSubmatch(text(f.get("FilterPattern"))+value, -1)
		for _, m := range names {
			if name := m[1] + m[2]; name != "msg" && !strings.Contains(string(source), strconv.Quote(name)) {
				t.Errorf("%s reads %q, which is not logged", f.ID, name)
			}
		}
	}
}
