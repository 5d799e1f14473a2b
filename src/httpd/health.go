package httpd

import (
	"encoding/json"
	"errors"
	"net/http"

	"ksfu/src/auth"
)

// health is the answer of /health: the word for anybody, the rest for those
// with a credential.
type health struct {
	Status string `json:"status"`
	*details
}

type details struct {
	Version   string `json:"version"`
	Uptime    int64  `json:"uptime"` // seconds
	Endpoints int    `json:"endpoints"`
	Pipelines int    `json:"pipelines"`
	Sessions  int    `json:"sessions"`
	Panics    uint64 `json:"panics"`
}

func (s *Server) health(w *response, r *http.Request, credential error) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		notice{http.StatusMethodNotAllowed, "This can only be read.", "Use GET."}.write(w, r)
		return
	}
	if credential != nil && !errors.Is(credential, auth.ErrNoCredential) {
		refuse(w, r, credential)
		return
	}
	answer := health{Status: "ok"}
	if credential == nil && s.options.Node != nil {
		now := s.options.Node.Status()
		answer.details = &details{
			Version: now.Version, Uptime: int64(now.Uptime.Seconds()), Endpoints: now.Endpoints,
			Pipelines: now.Pipelines, Sessions: now.Sessions, Panics: now.Panics + s.panics.Load(),
		}
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(answer)
}
