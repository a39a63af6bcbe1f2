package template

import (
	"regexp"
	"strings"
	"time"
)

var apiHarmless = map[string]string{
	"AccessLogSettings": "logs go to the terminal", "Tags": "nothing reads tags", "PropagateTags": "nothing reads tags",
	"Description": "a comment", "FailOnWarnings": "every warning is an error here", "Domain": "the API answers on a loopback port",
	"DisableExecuteApiEndpoint": "the API answers on a loopback port",
}

// pendingRoute is a function's HttpApi event, which is added to its API once all resources are
// described.
type pendingRoute struct {
	p        props
	id, api  string // logical id of the event, id of the API
	function Function
}

// httpAPI is an AWS::Serverless::HttpApi.
func (l *loader) httpAPI(p props) {
	p.known("Name StageName Auth CorsConfiguration DefaultRouteSettings RouteSettings DefinitionBody DefinitionUri", apiHarmless)
	id, _ := toText(l.ref(p.r.id, p.n, p.at))
	a := HTTPAPI{LogicalID: p.r.id, ID: id, Name: l.name(p.r), Stage: p.textOr("StageName", "$default"),
		CORS: p.cors("CorsConfiguration"), Throttle: p.sub("DefaultRouteSettings").throttle()}
	auth := p.sub("Auth")
	auth.known("Authorizers DefaultAuthorizer", nil)
	authorizers := auth.sub("Authorizers")
	for _, name := range sortedKeys(authorizers.m) {
		a.Authorizers = append(a.Authorizers, authorizers.sub(name).authorizer(name))
	}
	if d := auth.text("DefaultAuthorizer"); d != "" && a.authorizer(d) == nil {
		auth.fail("DefaultAuthorizer", "no authorizer is called %q", d)
	}
	l.openAPI(p, &a)
	l.out.APIs = append(l.out.APIs, a)
	l.later = append(l.later, func() { l.routeSettings(p, a.ID) })
}

func (a *HTTPAPI) authorizer(name string) *JWTAuthorizer {
	for i := range a.Authorizers {
		if a.Authorizers[i].Name == name {
			return &a.Authorizers[i]
		}
	}
	return nil
}

// authorizer reads a JWT authorizer in SAM's form.
func (p props) authorizer(name string) JWTAuthorizer {
	p.known("JwtConfiguration IdentitySource AuthorizationScopes", nil)
	c := p.sub("JwtConfiguration")
	if c.m == nil {
		p.fail("JwtConfiguration", "is required: the local stack has JWT authorizers only")
		return JWTAuthorizer{Name: name}
	}
	return JWTAuthorizer{Name: name, Issuer: c.required("issuer"), Audience: c.texts("audience"),
		IdentitySource: p.textOr("IdentitySource", "$request.header.Authorization")}
}

func (p props) throttle() Throttle {
	p.known("ThrottlingRateLimit ThrottlingBurstLimit", map[string]string{
		"DetailedMetricsEnabled": "there are no CloudWatch metrics on one machine", "DataTraceEnabled": "logs go to the terminal",
		"LoggingLevel": "logs go to the terminal"})
	return Throttle{Rate: p.float("ThrottlingRateLimit"), Burst: p.number("ThrottlingBurstLimit", 0)}
}

// cors reads a CorsConfiguration, or x-amazon-apigateway-cors, whose names begin with a lower-case
// letter. "true" and "*" alone are SAM's short form for every origin.
func (p props) cors(key string) *CORS {
	if !p.has(key) {
		return nil
	}
	if s, ok := toText(p.m[key]); ok {
		if s == "true" {
			s = "*"
		}
		return &CORS{Origins: []string{s}}
	}
	c := p.sub(key)
	lower := props{l: c.l, r: c.r, n: c.n, at: c.at, m: map[string]any{}}
	for k, v := range c.m {
		lower.m[strings.ToLower(k)] = v
	}
	return &CORS{Origins: lower.texts("alloworigins"), Methods: lower.texts("allowmethods"), Headers: lower.texts("allowheaders"),
		Expose: lower.texts("exposeheaders"), MaxAge: lower.number("maxage", 0), Credentials: lower.boolean("allowcredentials", false)}
}

// routeEvent records the route of a function's HttpApi event.
func (l *loader) routeEvent(p props, id string, f Function) {
	p.known("Path Method ApiId Auth PayloadFormatVersion TimeoutInMillis RouteSettings", nil)
	if v := p.textOr("PayloadFormatVersion", "2.0"); v != "2.0" {
		p.fail("PayloadFormatVersion", "the local stack sends 2.0, not %s", v)
	}
	api := p.text("ApiId")
	if api == "" {
		api, _ = toText(l.ref(implicitAPI, p.n, p.at))
	}
	l.routes = append(l.routes, pendingRoute{p: p, id: id, api: api, function: f})
}

var pathParameter = regexp.MustCompile(`\{[^}]*\}`)

func (l *loader) attachRoute(r pendingRoute) {
	for i := range l.out.APIs {
		if a := &l.out.APIs[i]; a.ID == r.api {
			route := l.eventRoute(r, a)
			a.add(route)
			method, path, _ := strings.Cut(route.Key, " ")
			if method == "ANY" {
				method = "*"
			}
			path = pathParameter.ReplaceAllString(path, "*")
			l.permit(r.id, r.function.Name, "apigateway.amazonaws.com", arn("execute-api", a.ID+"/*/"+method+path))
			return
		}
	}
	r.p.fail("ApiId", "no HTTP API has the id %q", r.api)
}

// add adds a route, in place of one with the same key that the OpenAPI document gave.
func (a *HTTPAPI) add(r Route) {
	for i := range a.Routes {
		if a.Routes[i].Key == r.Key {
			a.Routes[i] = r
			return
		}
	}
	a.Routes = append(a.Routes, r)
}

func (l *loader) eventRoute(r pendingRoute, a *HTTPAPI) Route {
	p := r.p
	out := Route{Key: "$default", Function: r.function.Name, Throttle: p.sub("RouteSettings").throttle(),
		Timeout: time.Duration(p.between("TimeoutInMillis", 30000, 50, 30000)) * time.Millisecond}
	if p.has("Path") || p.has("Method") {
		out.Key = strings.ToUpper(p.required("Method")) + " " + p.required("Path")
	}
	for _, have := range a.Routes {
		if have.Key == out.Key { // the document's security holds where the event says nothing
			out.Authorizer, out.Scopes = have.Authorizer, have.Scopes
		}
	}
	auth := p.sub("Auth")
	own := l.resources[a.LogicalID]
	if out.Authorizer == "" && own != nil {
		out.Authorizer = l.props(own).sub("Auth").text("DefaultAuthorizer")
	}
	name := auth.text("Authorizer")
	if out.Authorizer == "" && name == "NONE" { // SAM refuses both
		auth.fail("Authorizer", "NONE needs a default authorizer that it replaces")
	}
	if out.Authorizer == "" && name == "" && auth.has("AuthorizationScopes") {
		auth.fail("AuthorizationScopes", "need an authorizer: the event's or the API's default")
	}
	if name != "" {
		out.Authorizer, out.Scopes = name, nil
	}
	if out.Authorizer == "NONE" {
		out.Authorizer = ""
		return out
	}
	if out.Authorizer != "" && a.authorizer(out.Authorizer) == nil {
		auth.fail("Authorizer", "no authorizer is called %q", out.Authorizer)
	}
	if auth.has("AuthorizationScopes") {
		out.Scopes = auth.texts("AuthorizationScopes")
	} else if out.Scopes == nil && own != nil && out.Authorizer != "" {
		out.Scopes = l.props(own).sub("Auth").sub("Authorizers").sub(out.Authorizer).texts("AuthorizationScopes")
	}
	return out
}

// routeSettings applies an API's RouteSettings: {"POST /orders": {ThrottlingRateLimit: 50}}.
func (l *loader) routeSettings(p props, api string) {
	settings := p.sub("RouteSettings")
	for i := range l.out.APIs {
		a := &l.out.APIs[i]
		if a.ID != api {
			continue
		}
		for _, key := range sortedKeys(settings.m) {
			found := false
			for j := range a.Routes {
				if a.Routes[j].Key == key {
					a.Routes[j].Throttle, found = settings.sub(key).throttle(), true
				}
			}
			if !found {
				settings.fail(key, "the API has no route %q", key)
			}
		}
	}
}
