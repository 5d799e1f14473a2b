package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

const (
	// readyTime is how long a server may take to listen, stopTime to end.
	readyTime, stopTime = 20 * time.Second, 5 * time.Second
	// readyPoll is the pause between two looks whether it listens.
	readyPoll = 20 * time.Millisecond
	// logTail in bytes is what a failure quotes of the server's output.
	logTail = 800
)

// program is a server that can be measured: how to start it, given its
// signalling address, a free UDP and TCP port for media, and an empty folder.
type program struct {
	name    string
	command func(address string, mediaPort int, dir string) *exec.Cmd
}

// ksfuProgram is the server under test, with its embedded defaults and only
// what keeps it on its own ports and in its own folder.
func ksfuProgram(binary string) (program, error) {
	binary, err := filepath.Abs(binary) // it runs in another folder
	if err != nil {
		return program{}, fmt.Errorf("find the server: %w", err)
	}
	if _, err := os.Stat(binary); err != nil {
		return program{}, fmt.Errorf("find the server: %w (build it with: make build)", err)
	}
	return program{name: nameKsfu, command: func(address string, mediaPort int, dir string) *exec.Cmd {
		cmd := exec.Command(binary)
		cmd.Env = []string{
			"HTTP_PORT=0", "HTTPS_PORT=0", "KURENTO_PORT=" + address,
			"ICE_SINGLE_PORT=" + strconv.Itoa(mediaPort), "KSFU_STATE_DIR=" + filepath.Join(dir, "state"), "KSFU_ICE_LOOPBACK=1",
		}
		return cmd
	}}, nil
}

// fanoutProgram is the rival: this program's own sub-command.
func fanoutProgram(self string) program {
	return program{name: nameRival, command: func(address string, _ int, _ string) *exec.Cmd {
		cmd := exec.Command(self, "fanout", "-listen", address)
		cmd.Env = []string{}
		return cmd
	}}
}

// server is a running server. Close ends it and removes its folder.
type server struct {
	cmd   *exec.Cmd
	url   string
	dir   string
	ended chan struct{}
}

// startServer starts a program on its core and waits until it listens.
func startServer(ctx context.Context, p program, c *cores) (*server, error) {
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	media, err := freeMediaPort()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "ksfu-bench-")
	if err != nil {
		return nil, fmt.Errorf("folder for %s: %w", p.name, err)
	}
	s := &server{cmd: p.command(address, media, dir), url: "ws://" + address + "/kurento", dir: dir, ended: make(chan struct{})}
	s.cmd.Dir = dir // no .env of the caller's folder is read
	s.cmd.Env = append(s.cmd.Env, "HOME="+dir, "PATH="+os.Getenv("PATH"))
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := os.Create(s.logFile())
	if err != nil {
		_ = os.RemoveAll(dir)
		return nil, fmt.Errorf("log of %s: %w", p.name, err)
	}
	defer out.Close()
	s.cmd.Stdout, s.cmd.Stderr = out, out
	if err := c.start(s.cmd); err != nil {
		_ = os.RemoveAll(dir)
		return nil, fmt.Errorf("start %s: %w", p.name, err)
	}
	go func() { // ends with the process, for which close waits
		_ = s.cmd.Wait()
		close(s.ended)
	}()
	if err := s.listening(ctx, address); err != nil {
		err = fmt.Errorf("%s: %w; its output ends with:\n%s", p.name, err, s.logEnd())
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *server) logFile() string { return filepath.Join(s.dir, "output") }

func (s *server) logEnd() string {
	b, _ := os.ReadFile(s.logFile())
	return string(b[max(0, len(b)-logTail):])
}

func (s *server) listening(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, readyTime)
	defer cancel()
	poll := time.NewTicker(readyPoll)
	defer poll.Stop()
	var d net.Dialer
	for {
		if c, err := d.DialContext(ctx, "tcp", address); err == nil {
			_ = c.Close()
			return nil
		}
		select {
		case <-s.ended:
			return errServerEnded
		case <-ctx.Done():
			return fmt.Errorf("%w on %s: %w", errNotListening, address, ctx.Err())
		case <-poll.C:
		}
	}
}

func (s *server) pid() int { return s.cmd.Process.Pid }

func (s *server) close() {
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	patience := time.NewTimer(stopTime)
	defer patience.Stop()
	select {
	case <-s.ended:
	case <-patience.C:
		_ = s.cmd.Process.Kill()
		<-s.ended
	}
	_ = os.RemoveAll(s.dir)
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// freeMediaPort finds a number that is free for UDP and TCP: ksfu's single port
// is both.
func freeMediaPort() (int, error) {
	var last error
	for range 20 {
		l, err := net.Listen("tcp", ":0")
		if err != nil {
			return 0, fmt.Errorf("find a free port: %w", err)
		}
		port := l.Addr().(*net.TCPAddr).Port
		u, err := net.ListenUDP("udp", &net.UDPAddr{Port: port})
		_ = l.Close()
		if err == nil {
			_ = u.Close()
			return port, nil
		}
		last = err
	}
	return 0, fmt.Errorf("find a port free for UDP and TCP: %w", last)
}
