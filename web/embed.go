// Package web is what browsers are served: pages of plain ES modules, embedded
// in the program so that it is one file. It has no behaviour.
package web

import (
	"embed"
	"io/fs"
)

//go:embed check
var files embed.FS

// Check is the page that tries out camera, network and server. Its files stand
// at the top.
func Check() (fs.FS, error) { return fs.Sub(files, "check") }
