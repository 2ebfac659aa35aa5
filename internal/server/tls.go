package server

import (
	"crypto/tls"
	"log/slog"

	"papi-mcp/internal/reload"
)

// TLS returns a configuration for the certificate (with its chain) and the key
// in two PEM files. They are read again when they change, so that a renewal
// needs no restart.
func TLS(certFile, keyFile string, log *slog.Logger) (*tls.Config, error) {
	certificate, err := reload.New("the certificate", []string{certFile, keyFile}, log, func() (*tls.Certificate, error) {
		pair, err := tls.LoadX509KeyPair(certFile, keyFile)
		return &pair, err
	})
	if err != nil {
		return nil, err
	}
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		NextProtos:     []string{"h2", "http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return certificate.Current(), nil },
	}, nil
}
