package api

import (
	"regexp"
	"strings"
	"testing"
)

func TestConsole(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	res := f.get(nil, "/console").expect(200, "")
	policy := res.header.Get("Content-Security-Policy")
	for _, want := range []string{
		"default-src 'none'", "style-src 'sha256-", "script-src 'sha256-", "connect-src 'self';", "frame-ancestors 'none'",
		"form-action 'none'",
	} {
		if !strings.Contains(policy, want) {
			t.Errorf("the policy %q lacks %s", policy, want)
		}
	}
	if strings.Contains(policy, "unsafe") {
		t.Errorf("got %q", policy)
	}
	page := string(res.body)
	if scripts := strings.Count(page, "<script>"); scripts < 3 || strings.Count(page, "<script") != scripts ||
		strings.Count(policy, "'sha256-") != scripts+1 {
		t.Errorf("got %d scripts with the policy %q", scripts, policy)
	}
	for _, outside := range []string{"<link rel=\"stylesheet", "src=\"", "@import", "url(", " style=\"", "dangerouslySet", "innerHTML ="} {
		markup := regexp.MustCompile(`(?s)<script>.*?</script>`).ReplaceAllString(page, "")
		if strings.Contains(markup, outside) {
			t.Errorf("the page has %s", outside)
		}
	}
	if len(packedConsole) > 120_000 {
		t.Errorf("the page has %d bytes compressed", len(packedConsole))
	}
	if !strings.Contains(page, `data-state="ChargePayment"`) || !strings.Contains(page, noSignIn) {
		t.Error("the page lacks the picture or the place of the sign-in")
	}
	f.get(nil, "/console", "If-None-Match: "+res.header.Get("ETag")).expect(304, "")
}

func TestConsole_signIn(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.signIn = SignIn{URL: "https://shop.auth.eu-west-1.amazoncognito.com", ClientID: `a"<b`}
	f.handler = New(f.options())
	res := f.get(nil, "/console").expect(200, "")
	if !strings.Contains(res.header.Get("Content-Security-Policy"), "connect-src 'self' https://shop.auth.eu-west-1.amazoncognito.com;") {
		t.Errorf("got %v", res.header)
	}
	want := `<meta name="sign-in" content="{&#34;url&#34;:&#34;https://shop.auth.eu-west-1.amazoncognito.com&#34;,` +
		`&#34;clientId&#34;:&#34;a\&#34;\u003cb&#34;}">`
	if !strings.Contains(string(res.body), want) {
		t.Errorf("the page lacks %s", want)
	}
}
