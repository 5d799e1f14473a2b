package config

import (
	"os"
	"path/filepath"
	"strings"
)

// containerState is where a container mounts its volume.
const containerState = "/state"

func (l *loader) onOpenWrt() bool {
	return exists(filepath.Join(l.root, "etc/openwrt_release"))
}

// stateDir chooses the state directory where none is set, as doc.go says.
func (l *loader) stateDir() {
	c := l.cfg
	if c.StateDir != "" || c.row("state_dir").wrong {
		return
	}
	set := func(dir, source string) {
		c.StateDir = filepath.Clean(dir)
		c.derive("state_dir", c.StateDir, source)
	}
	if c.Cloud {
		if info, err := os.Stat(filepath.Join(l.root, containerState)); err == nil && info.IsDir() {
			set(containerState, "default in cloud mode")

			return
		}
		l.warn("cloud mode without the directory %s: keys and tokens are lost with the container; mount a volume there or set state_dir", containerState)
	}
	service, _, _ := strings.Cut(l.environ["STATE_DIRECTORY"], ":")
	home := l.environ["HOME"]
	switch {
	case l.onOpenWrt():
		set("/etc/ksfu", "default on OpenWrt")
	case filepath.IsAbs(service):
		set(service, "environment STATE_DIRECTORY")
	case l.uid() == 0:
		set("/var/lib/ksfu", "default as root")
	case filepath.IsAbs(l.environ["XDG_STATE_HOME"]):
		set(filepath.Join(l.environ["XDG_STATE_HOME"], "ksfu"), "environment XDG_STATE_HOME")
	case filepath.IsAbs(home) && home != "/": // "/" is what users without a home have
		set(filepath.Join(home, ".local/state/ksfu"), "default")
	case c.Cloud:
		set(containerState, "default in cloud mode")
	default:
		l.fail(&Problem{Name: "state_dir", Where: "default", Err: ErrValue, Hint: "there is no home directory to keep keys and tokens in; set KSFU_STATE_DIR or --state-dir"})
	}
}
