package httpd

import (
	"html"
	"net/http"
	"strings"
)

// ca serves the certificate of our own CA: /ca.crt and /ca.pem to save, /ca to
// read about it in a browser, and in PEM to programs.
func (s *Server) ca(w *response, r *http.Request, path string) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		notice{http.StatusMethodNotAllowed, "This can only be read.", "Use GET."}.write(w, r)
		return
	}
	text := s.CA()
	if text == nil {
		notice{
			http.StatusNotFound, "This node has no CA of its own.",
			"It uses a given certificate or plain HTTP behind a proxy: there is nothing to install.",
		}.write(w, r)
		return
	}
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	switch {
	case path == "/ca.crt":
		// DER under this type is what phones offer to install.
		header.Set("Content-Type", "application/x-x509-ca-cert")
		header.Set("Content-Disposition", `attachment; filename="ksfu-ca.crt"`)
		_, _ = w.Write(s.keeper.local.authority.cert.Raw)
	case path == "/ca.pem" || !wantsHTML(r):
		header.Set("Content-Type", "application/x-pem-file")
		header.Set("Content-Disposition", `attachment; filename="ksfu-ca.pem"`)
		_, _ = w.Write(text)
	default:
		base := ""
		if strings.HasSuffix(r.URL.Path, "/") {
			base = "../"
		}
		writePage(w, http.StatusOK, "Trust this node", caPage(s.keeper.local.authority.cert.Subject.CommonName, base))
	}
}

// caPage tells how to install the CA. It may be read over plain HTTP, as this
// is how one gets there: the last paragraph says what that means.
func caPage(name, base string) string {
	name = html.EscapeString(name)
	platform := func(title string, steps ...string) string {
		var text strings.Builder
		text.WriteString("<h2>" + title + "</h2>\n<ol>\n")
		for _, step := range steps {
			text.WriteString("<li>" + step + "</li>\n")
		}
		return text.String() + "</ol>\n"
	}
	return "<h1>Let this device trust your node</h1>\n" +
		"<p>Browsers allow the camera only on pages with a trusted certificate. Install this node's own authority once on each device. " +
		"It can vouch for names that end in .lan, .local and .home.arpa and for private addresses, and for nothing on the Internet.</p>\n" +
		"<p><a class=\"button\" href=\"" + base + "ca.crt\">Download the certificate</a></p>\n<p>Its name is <strong>" + name + "</strong>.</p>\n" +
		platform("iPhone, iPad", "Download it in Safari and allow the profile.", "Settings, General, VPN &amp; Device Management: install the profile.",
			"Settings, General, About, Certificate Trust Settings: switch it on.") +
		platform("Android", "Download it.", "Settings, Security, Encryption &amp; credentials, Install a certificate, CA certificate: choose the file.") +
		platform("Windows", "Open the file, choose Install Certificate, Current User.", "Place it in Trusted Root Certification Authorities.") +
		platform("macOS", "Open the file; Keychain Access adds it.", "Open it there, Trust: Always Trust.") +
		platform("Linux", "Chrome, Chromium: Settings, Privacy and security, Security, Manage certificates, Import.",
			"System: copy <a href=\""+base+"ca.pem\">the PEM file</a> to <code>/usr/local/share/ca-certificates/ksfu.crt</code> and run <code>update-ca-certificates</code>.") +
		platform("Firefox", "Settings, Privacy &amp; Security, View Certificates, Authorities, Import: trust it for websites.") +
		"<p>Do this in your own network only: on a foreign one somebody else could hand you another file.</p>\n"
}
