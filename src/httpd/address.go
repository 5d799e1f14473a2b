package httpd

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"syscall"
)

// Kind is which of the listeners one is.
type Kind string

// The listeners.
const (
	KindHTTPS   Kind = "HTTPS"
	KindHTTP    Kind = "HTTP"
	KindKurento Kind = "Kurento"
)

// option is the name a person changes the listener's address by.
func (k Kind) option() string {
	return map[Kind]string{KindHTTPS: "HTTPS_PORT", KindHTTP: "HTTP_PORT", KindKurento: "KURENTO_PORT"}[k]
}

func (k Kind) standard() string {
	return map[Kind]string{KindHTTPS: "8443", KindHTTP: "8080", KindKurento: "8888"}[k]
}

// addresses turns an option's value, one address or several with spaces
// between, into what net.Listen takes; none = off.
func addresses(kind Kind, value string) ([]string, error) {
	words := strings.Fields(value)
	if len(words) == 0 {
		words = []string{kind.standard()}
	}
	if len(words) == 1 && (words[0] == "0" || words[0] == "off") {
		return nil, nil
	}
	var list []string
	for _, word := range words {
		some, err := address(kind, word)
		if err != nil {
			return nil, err
		}
		list = append(list, some...)
	}
	return list, nil
}

func address(kind Kind, value string) ([]string, error) {
	host, port := "", value
	if strings.Contains(value, ":") {
		var err error
		if host, port, err = net.SplitHostPort(value); err != nil {
			return nil, addressError(kind, value)
		}
	} else if kind == KindKurento {
		host = "localhost"
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || (n == 0 && !strings.Contains(value, ":")) {
		return nil, addressError(kind, value)
	}
	switch host {
	case "localhost":
		return []string{net.JoinHostPort("127.0.0.1", port), net.JoinHostPort("::1", port)}, nil
	case "", "*":
		return []string{":" + port}, nil
	}
	if _, err := netip.ParseAddr(host); err != nil {
		return nil, addressError(kind, value)
	}
	return []string{net.JoinHostPort(host, port)}, nil
}

func addressError(kind Kind, value string) error {
	return fmt.Errorf("%s %q: %w; give a port, address:port or [address]:port, or 0 for none", kind.option(), value, ErrAddress)
}

// listen binds the addresses of one option. Of several, some may be missing:
// many machines have no [::1].
func listen(kind Kind, value string) ([]net.Listener, error) {
	list, err := addresses(kind, value)
	if err != nil {
		return nil, err
	}
	var bound []net.Listener
	var failed error
	for _, address := range list {
		l, err := net.Listen("tcp", address)
		if err == nil {
			bound = append(bound, l)
			continue
		}
		missing := errors.Is(err, syscall.EADDRNOTAVAIL) || errors.Is(err, syscall.EAFNOSUPPORT)
		if !missing || len(list) == 1 {
			closeAll(bound)
			return nil, listenError(kind, address, err)
		}
		failed = listenError(kind, address, err)
	}
	if len(bound) == 0 && failed != nil {
		return nil, failed
	}
	return bound, nil
}

func listenError(kind Kind, address string, err error) error {
	hint := "choose another address with " + kind.option()
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		hint = "another program has this port: end it (ss -ltnp shows which), or choose another with " + kind.option()
	case errors.Is(err, syscall.EACCES):
		hint = "ports below 1024 are for root: choose a higher one with " + kind.option()
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		hint = "this machine does not have that address: choose another with " + kind.option()
	}
	return fmt.Errorf("%s: %w on %s: %w; %s", kind, ErrListen, address, err, hint)
}

func closeAll(listeners []net.Listener) {
	for _, l := range listeners {
		_ = l.Close()
	}
}

// addrOf is the address without port of a TCP connection or listener.
func addrOf(addr net.Addr) netip.Addr {
	if tcp, ok := addr.(*net.TCPAddr); ok {
		return tcp.AddrPort().Addr().Unmap()
	}
	return netip.Addr{}
}

func portOf(addr net.Addr) int {
	if tcp, ok := addr.(*net.TCPAddr); ok {
		return tcp.Port
	}
	return 0
}
