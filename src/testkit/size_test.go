package testkit

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// maxBytes of the stripped arm64 program: 12 MB. A router with 32 MB of flash
// has about 20 MB for everything that is added to it; gzip makes an ipk of
// about 40 % of this.
const maxBytes = 12_000_000

func TestProgramSize(t *testing.T) {
	out := filepath.Join(t.TempDir(), "ksfu")
	cmd := exec.Command("go", "build", "-tags", tags, "-trimpath", "-ldflags", "-s -w", "-o", out, program)
	cmd.Dir, cmd.Env = root(t), product()
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, text)
	}
	info, err := os.Stat(out)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("stripped arm64: %.2f MB of %.0f MB", float64(info.Size())/1e6, maxBytes/1e6)
	if info.Size() > maxBytes {
		t.Errorf("stripped arm64 is %d bytes, at most %d: see what came in with `git diff src/testkit/testdata/packages.txt`", info.Size(), maxBytes)
	}
}
