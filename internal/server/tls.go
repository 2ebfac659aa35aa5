package server

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// certificateLooked is how often the files of a certificate are looked at.
const certificateLooked = 5 * time.Second

// certificate is a certificate and its key in files, read again when they
// change: a renewal needs no restart.
type certificate struct {
	certFile, keyFile string
	log               *slog.Logger
	now               func() time.Time

	mu     sync.Mutex
	loaded *tls.Certificate
	stamp  [2]fileStamp
	looked time.Time
}

// fileStamp tells one state of a file from another.
type fileStamp struct {
	changed time.Time
	size    int64
}

// TLS returns a configuration for the certificate (with its chain) and the key
// in two PEM files, which are read again when they change. A change that can't
// be read is logged, and the certificate from before stays in use.
func TLS(certFile, keyFile string, log *slog.Logger) (*tls.Config, error) {
	c := &certificate{certFile: certFile, keyFile: keyFile, log: log, now: time.Now}
	if err := c.load(); err != nil {
		return nil, err
	}
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		NextProtos:     []string{"h2", "http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.current(), nil },
	}, nil
}

// current is the certificate to use now.
func (c *certificate) current() *tls.Certificate {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := c.now(); now.Sub(c.looked) >= certificateLooked {
		c.looked = now
		if stamp, err := c.stamps(); err != nil || stamp != c.stamp {
			if err := c.load(); err != nil {
				c.log.Error("the changed certificate can't be used: the one from before stays", "error", err)
			} else {
				c.log.Info("certificate read again")
			}
		}
	}
	return c.loaded
}

// load reads the files.
func (c *certificate) load() error {
	stamp, err := c.stamps()
	if err != nil {
		return fmt.Errorf("the certificate: %w", err)
	}
	loaded, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		return fmt.Errorf("the certificate: %w", err)
	}
	c.loaded, c.stamp = &loaded, stamp
	return nil
}

func (c *certificate) stamps() (stamps [2]fileStamp, err error) {
	for i, name := range []string{c.certFile, c.keyFile} {
		info, err := os.Stat(name)
		if err != nil {
			return stamps, err
		}
		stamps[i] = fileStamp{info.ModTime(), info.Size()}
	}
	return stamps, nil
}
