package template

import (
	"strings"
	"time"
)

// openAPI reads routes and authorizers from an API's OpenAPI document, as API Gateway's import
// does: each operation with its x-amazon-apigateway-integration and security
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-open-api.html).
func (l *loader) openAPI(p props, a *HTTPAPI) {
	doc := p.sub("DefinitionBody")
	if p.has("DefinitionUri") {
		n, err := l.include(p.text("DefinitionUri"))
		if err != nil {
			p.fail("DefinitionUri", "%v", err)
			return
		}
		if at := firstFunction(n); at != nil {
			l.fail(at, p.at+"/DefinitionUri",
				"functions are not evaluated in a DefinitionUri: include the document in DefinitionBody")
			return
		}
		m, _ := l.eval(n, p.at+"/DefinitionUri").(map[string]any)
		doc = props{l: l, r: p.r, m: m, n: n, at: p.at + "/DefinitionUri"}
	}
	if doc.m == nil {
		return
	}
	if a.CORS == nil {
		a.CORS = doc.cors("x-amazon-apigateway-cors")
	}
	schemes := doc.sub("components").sub("securitySchemes")
	for _, name := range sortedKeys(schemes.m) {
		schemes.sub(name).sub("x-amazon-apigateway-authorizer").documentAuthorizer(name, a)
	}
	paths := doc.sub("paths")
	for _, path := range sortedKeys(paths.m) {
		item := paths.sub(path)
		for _, method := range sortedKeys(item.m) {
			if key := routeKey(method, path); key != "" {
				l.operation(item.sub(method), doc, key, a)
			}
		}
	}
}

func firstFunction(n *node) *node { return n.first(func(n *node) bool { return n.kind == fnNode }) }

// routeKey is the route key of an operation; empty for members of a path item that are not
// operations.
func routeKey(method, path string) string {
	switch method {
	case "get", "put", "post", "delete", "options", "head", "patch", "trace":
		return strings.ToUpper(method) + " " + path
	case "x-amazon-apigateway-any-method":
		if path == "/$default" {
			return "$default"
		}
		return "ANY " + path
	}
	return ""
}

func (p props) documentAuthorizer(name string, a *HTTPAPI) {
	if p.m == nil || a.authorizer(name) != nil {
		return
	}
	if p.text("type") != "jwt" {
		p.fail("type", "the local stack has JWT authorizers only")
		return
	}
	c := p.sub("jwtConfiguration")
	a.Authorizers = append(a.Authorizers,
		JWTAuthorizer{Name: name, Issuer: c.required("issuer"), Audience: c.texts("audience"),
			IdentitySource: p.textOr("identitySource", "$request.header.Authorization")})
}

// operation adds the route of an operation. An operation without an integration needs a function's
// event for it; else it is an error.
func (l *loader) operation(op, doc props, key string, a *HTTPAPI) {
	r := Route{Key: key}
	security, from := doc.objects("security"), doc
	if op.has("security") {
		security, from = op.objects("security"), op
	}
	for _, s := range security {
		for _, name := range sortedKeys(s.m) {
			if a.authorizer(name) == nil {
				from.fail("security", "%q is no authorizer of the API", name)
			}
			r.Authorizer, r.Scopes = name, s.texts(name)
		}
	}
	in := op.sub("x-amazon-apigateway-integration")
	if in.m == nil {
		l.later = append(l.later, func() { l.integrated(op, key, a.ID) })
		a.Routes = append(a.Routes, r)
		return
	}
	r.Function = lastPart(strings.TrimSuffix(in.required("uri"), "/invocations"))
	if v := in.textOr("payloadFormatVersion", "2.0"); v != "2.0" {
		in.fail("payloadFormatVersion", "the local stack sends 2.0, not %s", v)
	}
	r.Timeout = time.Duration(in.between("timeoutInMillis", 30000, 50, 30000)) * time.Millisecond
	a.Routes = append(a.Routes, r)
}

func (l *loader) integrated(op props, key, api string) {
	for _, a := range l.out.APIs {
		for _, r := range a.Routes {
			if a.ID == api && r.Key == key && r.Function == "" {
				op.fail("", "%s calls no function: it has no integration, and no function has an event for it", key)
			}
		}
	}
}
