package httpd

import (
	"crypto/sha256"
	"encoding/base64"
	"html"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// noticeStyle is the look of the pages that are made here; its hash stands in
// their Content-Security-Policy.
const noticeStyle = `:root{color-scheme:light dark}` +
	`body{font:1rem/1.5 system-ui,sans-serif;max-width:38rem;margin:0 auto;padding:2rem 1rem;overflow-wrap:anywhere;background:#fff;color:#1b1b1f}` +
	`h1{font-size:1.4rem;line-height:1.3}h2{font-size:1.05rem;margin:1.5rem 0 .25rem}p,ol{margin:.5rem 0}code{font-size:.95em}` +
	`a{color:#0b57d0}a.button{display:inline-block;padding:.6rem 1rem;border-radius:.5rem;background:#0b57d0;color:#fff;text-decoration:none}` +
	`@media(prefers-color-scheme:dark){body{background:#131316;color:#e6e6ea}a{color:#a8c7fa}a.button{background:#a8c7fa;color:#062e6f}}`

// notice is what a person reads instead of what was asked for.
type notice struct {
	code     int
	sentence string // what is the matter
	hint     string // what to do about it
}

func (n notice) write(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	if !wantsHTML(r) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(n.code)
		_, _ = io.WriteString(w, n.sentence+"\n"+n.hint+"\n")
		return
	}
	body := "<h1>" + html.EscapeString(n.sentence) + "</h1>\n<p>" + html.EscapeString(n.hint) + "</p>\n"
	writePage(w, n.code, strconv.Itoa(n.code)+" "+http.StatusText(n.code), body)
}

// writePage sends a page of our own; body is HTML.
func writePage(w http.ResponseWriter, code int, title, body string) {
	sum := sha256.Sum256([]byte(noticeStyle))
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+
		"'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(code)
	_, _ = io.WriteString(w, "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"+
		"<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<title>"+html.EscapeString(title)+
		" - ksfu</title>\n<style>"+noticeStyle+"</style>\n"+body+"</html>\n")
}

// wantsHTML tells a browser that shows a page from a program.
func wantsHTML(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept"), "text/html")
}

// setHeaders are the headers of every answer; a page adds its own policy.
func setHeaders(h http.Header, secure bool) {
	h.Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY") // for browsers that do not know frame-ancestors
	h.Set("Referrer-Policy", "no-referrer")
	if secure { // elsewhere browsers complain of it in their console
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
	}
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(self), microphone=(self), geolocation=()")
}
