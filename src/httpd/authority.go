package httpd

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/netip"
	"time"
)

const (
	authorityFile = "ca.pem"

	leafLife = 365 * 24 * time.Hour // Apple's limit for private CAs is 825 days
	leafLeft = 90 * 24 * time.Hour  // renewed when less is left
	// backdate bears with clocks of clients that are behind.
	backdate = 24 * time.Hour
)

// earliest is a time that is surely past. A router without a battery starts in
// 1970; what it signs then must be valid for clients that know better.
func earliest() time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) }

// authority is this node's own CA.
type authority struct {
	cert *x509.Certificate
	key  crypto.Signer
}

// newAuthority makes a CA that can speak for local names and addresses alone,
// so that whoever steals it cannot pose as a bank (RFC 5280 section 4.2.1.10).
func newAuthority() (*authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make CA: %w", err)
	}
	serial, err := newSerial()
	if err != nil {
		return nil, fmt.Errorf("make CA: %w", err)
	}
	mark := serial.Bytes()
	template := &x509.Certificate{
		SerialNumber: serial,
		// The mark tells the CAs of several nodes apart in a list of trusted ones.
		Subject:   pkix.Name{Organization: []string{"ksfu"}, CommonName: "ksfu local CA " + hex.EncodeToString(mark[:min(4, len(mark))])},
		NotBefore: earliest().Add(-backdate),
		// The last moment that both time formats of X.509 agree on (RFC 5280
		// section 4.1.2.5): replacing a CA means a walk to each device.
		NotAfter:                    time.Date(2049, 12, 31, 23, 59, 59, 0, time.UTC),
		IsCA:                        true,
		BasicConstraintsValid:       true,
		MaxPathLenZero:              true,
		KeyUsage:                    x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		ExtKeyUsage:                 []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		PermittedDNSDomainsCritical: true,
		PermittedDNSDomains:         localDomains(),
	}
	for _, r := range localRanges() {
		template.PermittedIPRanges = append(template.PermittedIPRanges, ipNet(r))
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("make CA: %w", err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("make CA: %w", err)
	}
	return &authority{cert: cert, key: key}, nil
}

// issue makes a leaf. The subject has no common name: some clients would hold
// it against the name constraints.
func (a *authority) issue(names []string, addrs []netip.Addr, now time.Time) (*x509.Certificate, crypto.Signer, error) {
	if now.Before(earliest()) {
		now = earliest()
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, fmt.Errorf("make leaf: %w", err)
	}
	serial, err := newSerial()
	if err != nil {
		return nil, nil, fmt.Errorf("make leaf: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber:          serial,
		Subject:               pkix.Name{Organization: []string{"ksfu"}},
		NotBefore:             now.Add(-backdate),
		NotAfter:              now.Add(leafLife),
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
		DNSNames:              names,
	}
	for _, addr := range addrs {
		template.IPAddresses = append(template.IPAddresses, net.IP(addr.AsSlice()))
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key)
	if err != nil {
		return nil, nil, fmt.Errorf("make leaf: %w", err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, nil, fmt.Errorf("make leaf: %w", err)
	}
	return cert, key, nil
}

// encodePair is a certificate and its key in one text, so that one file holds
// both and they cannot come apart.
func encodePair(cert *x509.Certificate, key crypto.Signer) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("encode key: %w", err)
	}
	return append(encodeCert(cert), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})...), nil
}

func encodeCert(cert *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})
}

var errPair = errors.New("no certificate with its key")

func decodePair(data []byte) (*x509.Certificate, crypto.Signer, error) {
	first, rest := pem.Decode(data)
	if first == nil || first.Type != "CERTIFICATE" {
		return nil, nil, errPair
	}
	cert, err := x509.ParseCertificate(first.Bytes)
	if err != nil {
		return nil, nil, err
	}
	second, _ := pem.Decode(rest)
	if second == nil || second.Type != "PRIVATE KEY" {
		return nil, nil, errPair
	}
	parsed, err := x509.ParsePKCS8PrivateKey(second.Bytes)
	if err != nil {
		return nil, nil, err
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	if !ok || !key.PublicKey.Equal(cert.PublicKey) {
		return nil, nil, errPair
	}
	return cert, key, nil
}

func newSerial() (*big.Int, error) {
	return rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127)) // positive, at most 20 octets (RFC 5280 section 4.1.2.2)
}

func ipNet(p netip.Prefix) *net.IPNet {
	return &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}
}
