package httpd

import (
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"sync/atomic"
	"time"
)

// certFiles is a certificate somebody else looks after, in files that are
// watched. Looking at size and time every half minute does without a watcher
// and also sees files that are replaced by renaming or through links.
type certFiles struct {
	certPath, keyPath string
	current           atomic.Pointer[tls.Certificate]
	seen              [2]stamp
}

type stamp struct {
	modified time.Time
	size     int64
}

func openFiles(certPath, keyPath string) (*certFiles, error) {
	f := &certFiles{certPath: certPath, keyPath: keyPath}
	if _, err := f.check(); err != nil {
		return nil, err
	}
	return f, nil
}

// check loads the files where they have changed. While the two do not fit one
// another the former certificate stays.
func (f *certFiles) check() (renewed bool, err error) {
	var now [2]stamp
	for i, path := range []string{f.certPath, f.keyPath} {
		info, err := os.Stat(path)
		if err != nil {
			return false, fmt.Errorf("%w: %w; tls_cert and tls_key name PEM files that ksfu can read", ErrCertificate, err)
		}
		if !info.Mode().IsRegular() {
			return false, fmt.Errorf("%w: %s is not a file; tls_cert and tls_key name PEM files", ErrCertificate, path)
		}
		// The group may read: that is how Debian's ssl-cert shares keys.
		if mode := info.Mode().Perm(); path == f.keyPath && mode&0o027 != 0 {
			return false, fmt.Errorf("%s: %w: mode %04o; mend it with: chmod 640 %s", path, ErrExposedKey, mode, path)
		}
		now[i] = stamp{modified: info.ModTime(), size: info.Size()}
	}
	if now == f.seen && f.current.Load() != nil {
		return false, nil
	}
	cert, err := tls.LoadX509KeyPair(f.certPath, f.keyPath)
	if err != nil {
		return false, fmt.Errorf("%w: %s with %s: %w; tls_cert and tls_key must be a certificate chain and its key, in PEM", ErrCertificate, f.certPath, f.keyPath, err)
	}
	if cert.Leaf == nil {
		if cert.Leaf, err = x509.ParseCertificate(cert.Certificate[0]); err != nil {
			return false, fmt.Errorf("%w: %s: %w", ErrCertificate, f.certPath, err)
		}
	}
	f.seen = now
	renewed = !sameCert(f.current.Swap(&cert), &cert)
	return renewed, nil
}

func signer(cert *tls.Certificate) crypto.Signer {
	key, _ := cert.PrivateKey.(crypto.Signer)
	return key
}
