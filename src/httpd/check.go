package httpd

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strconv"
)

// asset is one file of a page, held in memory: they are few, small and part of
// the program anyway.
type asset struct {
	data []byte
	kind string
	etag string
}

// loadAssets reads the page's files. Looking a path up in a map leaves no way
// out of the tree.
func loadAssets(files fs.FS) (map[string]asset, error) {
	assets := make(map[string]asset)
	if files == nil {
		return assets, nil
	}
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		kind, ok := contentType(name)
		if !ok {
			return nil
		}
		data, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(data)
		assets["/check/"+name] = asset{data: data, kind: kind, etag: `"` + hex.EncodeToString(sum[:8]) + `"`}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("pages: %w", err)
	}
	if index, ok := assets["/check/index.html"]; ok {
		assets["/check"] = index
	}
	return assets, nil
}

// contentType does not ask the system, whose table may say anything.
func contentType(name string) (string, bool) {
	kind, ok := map[string]string{
		".html": "text/html; charset=utf-8",
		".js":   "text/javascript; charset=utf-8",
		".css":  "text/css; charset=utf-8",
		".svg":  "image/svg+xml",
		".png":  "image/png",
	}[path.Ext(name)]
	return kind, ok
}

// page serves the pages' files; all else is not found.
func (s *Server) page(w *response, r *http.Request, name string) {
	if name == "/" && len(s.assets) > 0 {
		redirect(w, r, "check/")
		return
	}
	found, ok := s.assets[name]
	if !ok {
		notice{
			http.StatusNotFound, "There is nothing at this path.",
			"The page that tries this node out is at /check, the Kurento API at /kurento.",
		}.write(w, r)
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		notice{http.StatusMethodNotAllowed, "This can only be read.", "Use GET."}.write(w, r)
		return
	}
	// The page names its files and the API relative to itself, so that it
	// works under any prefix, even one that a proxy has taken off.
	if name == "/check" && r.URL.Path[len(r.URL.Path)-1] != '/' {
		redirect(w, r, "check/")
		return
	}
	host := s.proxies.Load().Host(w.conn.peer, r) // was judged
	header := w.Header()
	// WebSockets by name: Safari before 15.4 does not count them as 'self'.
	header.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "+
		"media-src 'self' blob:; connect-src 'self' ws://"+host+" wss://"+host+
		"; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	header.Set("Content-Type", found.kind)
	header.Set("Cache-Control", "no-cache") // ask each time: a new version is seen at once
	header.Set("ETag", found.etag)
	if r.Header.Get("If-None-Match") == found.etag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	header.Set("Content-Length", strconv.Itoa(len(found.data)))
	if r.Method == http.MethodGet {
		_, _ = w.Write(found.data)
	}
}

// redirect sends to a path relative to the request's own (RFC 9110 section
// 10.2.2), with its query: http.Redirect would make it absolute and lose a
// prefix that a proxy has taken off.
func redirect(w *response, r *http.Request, target string) {
	if r.URL.RawQuery != "" {
		target += "?" + r.URL.RawQuery
	}
	w.Header().Set("Location", target)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusTemporaryRedirect)
}
