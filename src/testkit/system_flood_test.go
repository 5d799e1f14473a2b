//go:build system

package testkit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"
)

const (
	floodConnections = 10_000
	floodAtOnce      = 300
	floodHold        = 300 * time.Millisecond // unless the server ends it before
)

// floodResult is what the far end of a flooded call reports.
type floodResult struct {
	Opened, Refused  int // junk connections
	Sent, Back       int // audio packets and video frames meanwhile
	RSSBefore, RSSAt int // KiB of the server, before and at most
}

// TestSystemFlood makes 10,000 junk connections of four kinds to all ports
// during a call (THREATS: flood, slowloris): the call goes on, and the server's
// memory does not follow the flood.
func TestSystemFlood(t *testing.T) {
	at, far := network(t)
	dir := t.TempDir()
	s := start(t, []string{
		"KURENTO_PORT=" + serverIP + ":8888", "KSFU_TOKEN=" + apiToken, "KSFU_STATE_DIR=" + filepath.Join(dir, "state"),
		"KSFU_LOG_LEVEL=warn",
	}, "ip", "netns", "exec", at, readable(t, dir))
	t.Setenv("KSFU_SYSTEM_PID", strconv.Itoa(s.cmd.Process.Pid))
	var got floodResult
	if err := json.Unmarshal([]byte(role(t, far, "flood")), &got); err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", got)
	if got.Opened+got.Refused != floodConnections {
		t.Errorf("%d connections were tried, want %d", got.Opened+got.Refused, floodConnections)
	}
	if got.Sent < 100 || got.Back*100 < got.Sent*99 {
		t.Errorf("%d of %d packets and frames came back, want 99 %%", got.Back, got.Sent)
	}
	if grown := got.RSSAt - got.RSSBefore; grown > 8<<10 {
		t.Errorf("the server grew by %d KiB, want at most 8 MiB", grown)
	}
}

// flood makes a call and the junk beside it.
func flood(ctx context.Context) error {
	pid := os.Getenv("KSFU_SYSTEM_PID")
	f, err := newFarEnd(ctx, signalling, webrtc.NetworkTypeUDP4)
	if err != nil {
		return err
	}
	defer f.close()
	seen := f.seen

	var sent atomic.Int64
	stop, ended := make(chan struct{}), make(chan error, 1)
	go func() { // ends with stop
		tick := time.NewTicker(sendInterval)
		defer tick.Stop()
		for n := uint64(1); ; n++ {
			select {
			case <-stop:
				ended <- nil
				return
			case <-tick.C:
			}
			if err := f.send(n); err != nil {
				ended <- err
				return
			}
			sent.Add(2)
		}
	}()
	select {
	case <-seen.done:
	case <-ctx.Done():
		return fmt.Errorf("the call did not start: %w", ctx.Err())
	}
	r := floodResult{}
	if r.RSSBefore, err = resident(pid); err != nil {
		return err
	}
	sentBefore, backBefore := int(sent.Load()), seen.both()
	r.RSSAt = r.RSSBefore
	var mu sync.Mutex // guards r
	jobs := make(chan int)
	var workers sync.WaitGroup
	for range floodAtOnce {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for n := range jobs {
				opened := junk(ctx, n)
				rss, err := resident(pid)
				mu.Lock()
				if opened {
					r.Opened++
				} else {
					r.Refused++
				}
				if err == nil {
					r.RSSAt = max(r.RSSAt, rss)
				}
				mu.Unlock()
			}
		}()
	}
	for n := range floodConnections {
		jobs <- n
	}
	close(jobs)
	workers.Wait()
	close(stop)
	if err := <-ended; err != nil {
		return err
	}
	r.Sent = int(sent.Load()) - sentBefore
	// What is on its way may still come; what was lost for good will not.
	soon, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	_ = until(soon, func() error {
		if r.Back = seen.both() - backBefore; r.Back < r.Sent {
			return errors.New("not all has come back")
		}
		return nil
	})
	line, err := json.Marshal(r)
	fmt.Println(string(line))
	return err
}

// junk opens one connection that is of no use and keeps it until the server
// ends it or the time is over.
func junk(ctx context.Context, n int) (opened bool) {
	ports := []string{"8443", "8080", "8888", "50000"}
	d := net.Dialer{Timeout: 5 * time.Second}
	conn, err := d.DialContext(ctx, "tcp", net.JoinHostPort(serverIP, ports[n%len(ports)]))
	if err != nil {
		return false
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(floodHold))
	switch n / len(ports) % 4 {
	case 0: // says nothing
	case 1:
		_, _ = conn.Write([]byte("GET / HTTP/1.1\r\nHost: " + serverIP + "\r\nX-Half: "))
	case 2:
		_, _ = conn.Write([]byte("GET /kurento HTTP/1.1\r\nHost: " + serverIP + "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 99\r\n\r\n"))
	case 3: // one byte at a time
		tick := time.NewTicker(floodHold / 10)
		defer tick.Stop()
		for range 9 {
			<-tick.C
			if _, err := conn.Write([]byte("G")); err != nil {
				return true
			}
		}
	}
	_, _ = conn.Read(make([]byte, 512)) // until it is ended
	return true
}

// resident is the resident memory of a process in KiB (proc(5)).
func resident(pid string) (int, error) {
	text, err := os.ReadFile(filepath.Join("/proc", pid, "status"))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			return strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")))
		}
	}
	return 0, errors.New("no VmRSS in " + pid)
}
