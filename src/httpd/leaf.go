package httpd

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"sync/atomic"
	"time"

	"ksfu/src/state"
)

const (
	leafFile = "leaf.pem"
	// writesPerHour spares the flash of a router whose addresses flap; further
	// leaves live in memory until there is room.
	writesPerHour = 4
)

// localLeaf is the certificate that our own CA signed, kept in the state
// directory. It is changed by its owner's goroutine alone; current may be read
// by any.
type localLeaf struct {
	dir       *state.Dir
	authority *authority
	current   atomic.Pointer[tls.Certificate]
	stored    bool        // current is what the file has
	writes    []time.Time // of the last hour
}

// openLeaf loads the CA, or makes it at the first start, and the leaf if there
// is one.
func openLeaf(dir *state.Dir) (*localLeaf, error) {
	spoilt := func(file string, err error, loss string) error {
		return fmt.Errorf("%s: %w: %w; remove the file and start again%s", dir.File(file), ErrCertificate, err, loss)
	}
	var made *authority
	data, _, err := dir.ReadOrCreate(authorityFile, func() ([]byte, error) {
		var err error
		if made, err = newAuthority(); err != nil {
			return nil, err
		}
		return encodePair(made.cert, made.key)
	})
	if err != nil {
		return nil, fmt.Errorf("CA: %w", err)
	}
	cert, key, err := decodePair(data)
	if err != nil {
		return nil, spoilt(authorityFile, err, ": devices that trust this CA must be given the new one")
	}
	l := &localLeaf{dir: dir, authority: &authority{cert: cert, key: key}}
	data, err = dir.Read(leafFile)
	if errors.Is(err, fs.ErrNotExist) {
		return l, nil
	}
	if err != nil {
		return nil, fmt.Errorf("leaf certificate: %w", err)
	}
	leaf, leafKey, err := decodePair(data)
	if err != nil {
		return nil, spoilt(leafFile, err, "")
	}
	if leaf.CheckSignatureFrom(cert) == nil { // else the CA was replaced, and so will be the leaf
		l.current.Store(&tls.Certificate{Certificate: [][]byte{leaf.Raw}, PrivateKey: leafKey, Leaf: leaf})
		l.stored = true
	}
	return l, nil
}

// check renews the leaf where it lacks a name or an address, or its time is
// not now or soon over. A leaf that names more than is needed stays.
func (l *localLeaf) check(names []string, addrs []netip.Addr, now time.Time) (renewed bool, err error) {
	if current := l.current.Load(); current == nil || !covers(current.Leaf, names, addrs, now) {
		cert, key, err := l.authority.issue(names, addrs, now)
		if err != nil {
			return false, err
		}
		l.current.Store(&tls.Certificate{Certificate: [][]byte{cert.Raw}, PrivateKey: key, Leaf: cert})
		l.stored, renewed = false, true
	}
	if l.stored || !l.mayWrite(now) {
		return renewed, nil
	}
	data, err := encodePair(l.current.Load().Leaf, signer(l.current.Load()))
	if err != nil {
		return renewed, err
	}
	if err := l.dir.Write(leafFile, data); err != nil {
		return renewed, fmt.Errorf("keep leaf certificate: %w", err)
	}
	l.stored = true
	return renewed, nil
}

func (l *localLeaf) mayWrite(now time.Time) bool {
	kept := l.writes[:0]
	for _, t := range l.writes {
		// The clock may jump either way when it is first set.
		if since := now.Sub(t); since >= 0 && since < time.Hour {
			kept = append(kept, t)
		}
	}
	l.writes = kept
	if len(l.writes) >= writesPerHour {
		return false
	}
	l.writes = append(l.writes, now)
	return true
}

// covers tells whether a leaf will do for these names and addresses.
func covers(leaf *x509.Certificate, names []string, addrs []netip.Addr, now time.Time) bool {
	if now.Before(earliest()) {
		now = earliest() // as issue does
	}
	if now.Before(leaf.NotBefore) || leaf.NotAfter.Sub(now) < leafLeft {
		return false
	}
	have := certHosts(leaf)
	for _, name := range names {
		if !have[name] {
			return false
		}
	}
	for _, addr := range addrs {
		if !have[addr.String()] {
			return false
		}
	}
	return true
}

// certHosts are the names and addresses a certificate speaks for.
func certHosts(cert *x509.Certificate) map[string]bool {
	hosts := make(map[string]bool, len(cert.DNSNames)+len(cert.IPAddresses))
	for _, name := range cert.DNSNames {
		hosts[name] = true
	}
	for _, ip := range cert.IPAddresses {
		if addr, ok := netip.AddrFromSlice(ip); ok {
			hosts[addr.Unmap().String()] = true
		}
	}
	return hosts
}

// sameCert tells whether two certificates are one.
func sameCert(a, b *tls.Certificate) bool {
	return a != nil && b != nil && bytes.Equal(a.Certificate[0], b.Certificate[0])
}
