package template

var issuedLocally = map[string]string{"*": "tokens come from the embedded issuer"}

func (l *loader) userPool(p props) {
	p.known("UserPoolName", issuedLocally)
	name := l.name(p.r)
	id := userPoolID(name)
	l.out.UserPools = append(l.out.UserPools, UserPool{LogicalID: p.r.id, ID: id, Name: name,
		ARN: arn("cognito-idp", "userpool/"+id), Issuer: "https://cognito-idp." + Region + ".amazonaws.com/" + id})
}

func (l *loader) userPoolClient(p props) {
	p.known("ClientName UserPoolId AllowedOAuthScopes", issuedLocally)
	id, _ := toText(l.ref(p.r.id, p.n, p.at))
	l.out.UserPoolClients = append(l.out.UserPoolClients, UserPoolClient{LogicalID: p.r.id, ID: id, Name: l.name(p.r),
		UserPool: p.required("UserPoolId"), Scopes: p.texts("AllowedOAuthScopes")})
}

func (l *loader) userPoolGroup(p props) {
	p.known("GroupName UserPoolId", issuedLocally)
	l.pool(p, func(u *UserPool) { u.Groups = append(u.Groups, l.name(p.r)) })
}

// resourceServer adds its scopes to its pool: "<identifier>/<scope>", as they stand in tokens.
func (l *loader) resourceServer(p props) {
	p.known("Identifier UserPoolId Scopes", issuedLocally)
	identifier := p.required("Identifier")
	for _, s := range p.objects("Scopes") {
		scope := identifier + "/" + s.required("ScopeName")
		l.pool(p, func(u *UserPool) { u.Scopes = append(u.Scopes, scope) })
	}
}

func (l *loader) pool(p props, change func(*UserPool)) {
	id := p.required("UserPoolId")
	l.later = append(l.later, func() {
		for i := range l.out.UserPools {
			if l.out.UserPools[i].ID == id {
				change(&l.out.UserPools[i])
				return
			}
		}
		p.fail("UserPoolId", "the template has no user pool %q", id)
	})
}
