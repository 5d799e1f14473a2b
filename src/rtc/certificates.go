package rtc

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"sync"
	"time"

	"github.com/pion/webrtc/v4"
)

// certificates are those that DTLS shows: one of each key type a process. The
// RSA key takes seconds on a small CPU and is made when the first client asks
// for it.
type certificates struct {
	mu         sync.Mutex // guards the following, and is held while a key is made
	ecdsa, rsa *webrtc.Certificate
}

func (c *certificates) get(useRSA bool) (webrtc.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var err error
	if useRSA {
		if c.rsa == nil {
			var key *rsa.PrivateKey
			if key, err = rsa.GenerateKey(rand.Reader, 2048); err == nil {
				c.rsa, err = newCertificate(key)
			}
		}
		if err != nil {
			return webrtc.Certificate{}, err
		}
		return *c.rsa, nil
	}
	if c.ecdsa == nil {
		var key *ecdsa.PrivateKey
		if key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err == nil {
			c.ecdsa, err = newCertificate(key)
		}
	}
	if err != nil {
		return webrtc.Certificate{}, err
	}
	return *c.ecdsa, nil
}

// newCertificate signs a key by itself. Clients know it by its fingerprint in
// the SDP and do not look at its dates (RFC 8827 section 6.5). Pion does, and
// its own certificates end after a month, or when the clock of a router that
// has started in 1970 is set: this one always was and has no end (RFC 5280
// section 4.1.2.5).
func newCertificate(key crypto.Signer) (*webrtc.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, err
	}
	name := pkix.Name{CommonName: "WebRTC"}
	return webrtc.NewCertificate(key, x509.Certificate{
		SerialNumber: serial, Issuer: name, Subject: name,
		NotBefore: time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC),
		NotAfter:  time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC),
	})
}
