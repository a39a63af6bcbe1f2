package mail

import (
	"html"
	"strings"
	"unicode/utf8"
)

// text is the plain form of a letter.
func (l *letter) text() string {
	var b strings.Builder
	line := func(parts ...string) {
		for _, p := range parts {
			b.WriteString(p)
		}
		b.WriteByte('\n')
	}
	line(l.heading)
	for _, p := range l.paragraphs {
		line()
		line(p)
	}
	if l.button.url != "" {
		line()
		line(l.button.label, ":\n", l.button.url)
	}
	line()
	line(l.orderTitle)
	line()
	rows := append(append([]row(nil), l.items...), l.totals...)
	widest, amounts := 0, 0
	for _, r := range rows {
		widest, amounts = max(widest, utf8.RuneCountInString(r.title())), max(amounts, utf8.RuneCountInString(r.amount))
	}
	for i, r := range rows {
		if i == len(l.items) {
			line(strings.Repeat("-", widest+2+amounts))
		}
		line(r.title(), strings.Repeat(" ", widest-utf8.RuneCountInString(r.title())+2+amounts-utf8.RuneCountInString(r.amount)), r.amount)
	}
	if len(l.address) > 0 {
		line()
		line(l.addressTitle)
		line(strings.Join(l.address, "\n"))
	}
	line()
	line("-- ")
	line(l.footer)
	return b.String()
}

// title is the label of a row with its note, in one line.
func (r row) title() string {
	if r.note == "" {
		return r.label
	}
	return r.label + " (" + r.note + ")"
}

// The HTML has what mail programs show alike: tables, and styles in the elements. Colours for dark
// surroundings are classes, which a program that does not know them ignores.
const (
	htmlHead = `<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>{subject}</title>
<style>
:root { color-scheme: light dark; }
@media (prefers-color-scheme: dark) {
  .page { background: #16181d !important; }
  .card { background: #21242b !important; }
  .ink { color: #f1f2f4 !important; }
  .soft { color: #b3b8c2 !important; }
  .rule { border-color: #3b404a !important; }
  .button { background: #8ab4f8 !important; color: #10131a !important; }
}
</style>
</head>
<body class="page" style="margin:0;padding:0;background:#f3f4f6">
<div style="display:none;max-height:0;overflow:hidden">{preview}</div>
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"><tr><td align="center" style="padding:24px 12px">
<table role="presentation" class="card" width="100%" cellpadding="0" cellspacing="0" border="0" style="max-width:600px;background:#ffffff;border-radius:8px;font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif">
<tr><td class="soft" style="padding:28px 32px 0;font-size:14px;color:#5b6270">{shop}</td></tr>
<tr><td style="padding:8px 32px 0"><h1 class="ink" style="margin:0;font-size:24px;line-height:32px;font-weight:600;color:#1b1f27">{heading}</h1></td></tr>
`
	htmlParagraph = `<tr><td class="ink" style="padding:16px 32px 0;font-size:16px;line-height:24px;color:#1b1f27">{text}</td></tr>
`
	htmlButton = `<tr><td style="padding:24px 32px 0"><a class="button" href="{url}" style="display:inline-block;padding:12px 20px;border-radius:6px;background:#1a56c4;color:#ffffff;font-size:16px;line-height:20px;font-weight:600;text-decoration:none">{label}</a></td></tr>
`
	htmlOrder = `<tr><td class="soft" style="padding:32px 32px 0;font-size:14px;line-height:20px;color:#5b6270;overflow-wrap:anywhere">{order}</td></tr>
<tr><td style="padding:8px 32px 0"><table width="100%" cellpadding="0" cellspacing="0" border="0">
`
	htmlItem = `<tr><td class="ink rule" style="padding:12px 12px 12px 0;border-top:1px solid #dfe2e7;font-size:15px;line-height:21px;color:#1b1f27;overflow-wrap:anywhere">{label}{note}</td><td class="ink rule" align="right" valign="top" style="padding:12px 0;border-top:1px solid #dfe2e7;font-size:15px;line-height:21px;color:#1b1f27;white-space:nowrap">{amount}</td></tr>
`
	htmlPart = `<tr><td class="soft rule" style="padding:{above} 12px 0 0;{border}font-size:15px;line-height:21px;color:#5b6270">{label}</td><td class="soft rule" align="right" style="padding:{above} 0 0;{border}font-size:15px;line-height:21px;color:#5b6270;white-space:nowrap">{amount}</td></tr>
`
	htmlTotal = `<tr><td class="ink rule" style="padding:{above} 12px 0 0;{border}font-size:16px;line-height:24px;font-weight:600;color:#1b1f27">{label}{note}</td><td class="ink rule" align="right" valign="top" style="padding:{above} 0 0;{border}font-size:16px;line-height:24px;font-weight:600;color:#1b1f27;white-space:nowrap">{amount}</td></tr>
`
	htmlNote    = `<br><span class="soft" style="font-size:14px;font-weight:400;color:#5b6270">{note}</span>`
	htmlAddress = `<tr><td class="soft" style="padding:28px 32px 0;font-size:14px;line-height:20px;color:#5b6270">{title}</td></tr>
<tr><td class="ink" style="padding:4px 32px 0;font-size:15px;line-height:22px;color:#1b1f27;overflow-wrap:anywhere">{lines}</td></tr>
`
	htmlFoot = `<tr><td style="padding:28px 32px 28px"><div class="soft rule" style="padding-top:16px;border-top:1px solid #dfe2e7;font-size:13px;line-height:19px;color:#5b6270">{footer}</div></td></tr>
</table>
</td></tr></table>
</body>
</html>
`
)

// piece fills texts into a piece of HTML, escaped. The value of a name that ends with ! is HTML already.
func piece(of string, v ...string) string {
	escaped := make(values, len(v))
	for i := 0; i+1 < len(v); i += 2 {
		name, raw := strings.CutSuffix(v[i], "!")
		escaped[i], escaped[i+1] = name, v[i+1]
		if !raw {
			escaped[i+1] = html.EscapeString(v[i+1])
		}
	}
	return fill(of, escaped)
}

// html is the form of a letter that mail programs show.
func (l *letter) html() string {
	var b strings.Builder
	add := func(of string, v ...string) { b.WriteString(piece(of, v...)) }
	preview := ""
	if len(l.paragraphs) > 1 {
		preview = l.paragraphs[1]
	}
	add(htmlHead, "language", l.language, "subject", l.subject, "preview", preview, "shop", l.shop, "heading", l.heading)
	for _, p := range l.paragraphs {
		add(htmlParagraph, "text", p)
	}
	if l.button.url != "" {
		add(htmlButton, "url", l.button.url, "label", l.button.label)
	}
	add(htmlOrder, "order", l.orderTitle)
	for _, r := range l.items {
		add(htmlItem, "label", r.label, "note!", r.noteHTML(), "amount", r.amount)
	}
	for i, r := range l.totals {
		above, border := "6px", ""
		if i == 0 {
			above, border = "12px", "border-top:1px solid #dfe2e7;"
		}
		kind := htmlPart
		if i == len(l.totals)-1 {
			kind = htmlTotal
		}
		add(kind, "above", above, "border", border, "label", r.label, "note!", r.noteHTML(), "amount", r.amount)
	}
	b.WriteString("</table></td></tr>\n")
	if len(l.address) > 0 {
		lines := make([]string, len(l.address))
		for i, line := range l.address {
			lines[i] = html.EscapeString(line)
		}
		add(htmlAddress, "title", l.addressTitle, "lines!", strings.Join(lines, "<br>"))
	}
	add(htmlFoot, "footer", l.footer)
	return b.String()
}

func (r row) noteHTML() string {
	if r.note == "" {
		return ""
	}
	return piece(htmlNote, "note", r.note)
}
