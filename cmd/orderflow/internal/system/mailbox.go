package system

import (
	"fmt"
	"html"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/client"
	"github.com/orderflow-dev/orderflow/local"
)

// mailsShown is how many mails the mailbox shows.
const mailsShown = 10_000

// mails answers the mails after a sequence number, oldest first, perhaps of one order.
func (l *localAPI) mails(w http.ResponseWriter, r *http.Request) {
	after, err := strconv.ParseUint(r.URL.Query().Get("after"), 10, 64)
	if err != nil && r.URL.Query().Has("after") {
		writeProblem(w, http.StatusBadRequest, "InvalidRequest", "after is not a number")
		return
	}
	sent, err := l.stack.Mails(after, mailsShown)
	if err != nil {
		writeProblem(w, http.StatusInternalServerError, "InternalError", err.Error())
		return
	}
	out := []client.Mail{}
	for _, m := range sent {
		if order := r.URL.Query().Get("order"); order == "" || m.Tags["orderId"] == order {
			out = append(out, viewMail(m))
		}
	}
	writeBody(w, out)
}

func viewMail(m local.Mail) client.Mail {
	return client.Mail{
		Sequence: m.Sequence, At: m.At, From: m.From, To: strings.Join(m.To, ", "), Subject: m.Subject, Text: m.Text,
		OrderID: m.Tags["orderId"], Name: m.Tags["mail"],
	}
}

// mailbox shows the mails, newest first, or one of them as mail programs do. A mail runs no script and
// loads nothing.
func (l *localAPI) mailbox(w http.ResponseWriter, r *http.Request) {
	number, one := strings.CutPrefix(r.URL.Path, client.MailboxPath+"/")
	if !one {
		l.mailList(w)
		return
	}
	n, err := strconv.ParseUint(number, 10, 64)
	if err != nil || n == 0 {
		writeProblem(w, http.StatusNotFound, "NotFound", "there is no such mail")
		return
	}
	sent, err := l.stack.Mails(n-1, 1)
	if err != nil {
		writeProblem(w, http.StatusInternalServerError, "InternalError", err.Error())
		return
	}
	if len(sent) == 0 || sent[0].Sequence != n {
		writeProblem(w, http.StatusNotFound, "NotFound", "there is no such mail")
		return
	}
	writePage(w, sent[0].HTML)
}

func writePage(w http.ResponseWriter, page string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox allow-popups allow-top-navigation-by-user-activation")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write([]byte(page))
}

const mailboxHead = `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Mailbox</title>
<style>
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
ul { list-style: none; padding: 0 }
li { padding: .75rem 0; border-top: 1px solid color-mix(in srgb, currentColor 20%, transparent); overflow-wrap: anywhere }
small { opacity: .8; display: block }
</style></head><body><main><h1>Mailbox</h1>
`

func (l *localAPI) mailList(w http.ResponseWriter) {
	sent, err := l.stack.Mails(0, mailsShown)
	if err != nil {
		writeProblem(w, http.StatusInternalServerError, "InternalError", err.Error())
		return
	}
	var b strings.Builder
	b.WriteString(mailboxHead)
	fmt.Fprintf(&b, "<p>%s</p>\n<ul>\n", map[bool]string{
		true:  "No mail was sent yet.",
		false: fmt.Sprintf("%d mails were sent. None has left this machine.", len(sent)),
	}[len(sent) == 0])
	for _, m := range slices.Backward(sent) {
		fmt.Fprintf(&b, "<li><a href=\"%s/%d\">%s</a><small>%s to %s</small></li>\n", client.MailboxPath, m.Sequence, html.EscapeString(m.Subject),
			m.At.Format("2006-01-02 15:04:05 UTC"), html.EscapeString(strings.Join(m.To, ", ")))
	}
	b.WriteString("</ul></main></body></html>\n")
	writePage(w, b.String())
}
