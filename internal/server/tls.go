package server

import (
	"crypto/tls"
	"log/slog"

	"papi-mcp/internal/reload"
)

// TLS returns a configuration for the certificate (with its chain) and the key
// in two PEM files, and the certificate. They are read again when they change, so that
// a renewal needs no restart.
func TLS(certFile, keyFile string, log *slog.Logger) (*tls.Config, *reload.Value[*tls.Certificate], error) {
	certificate, err := reload.New(log, reload.Source[*tls.Certificate]{
		What:  "the certificate",
		Files: func(*tls.Certificate) []string { return []string{certFile, keyFile} },
		Read: func(*tls.Certificate) (*tls.Certificate, error) {
			pair, err := tls.LoadX509KeyPair(certFile, keyFile)
			return &pair, err
		},
	})
	if err != nil {
		return nil, nil, err
	}
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		NextProtos:     []string{"h2", "http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return certificate.Current(), nil },
	}, certificate, nil
}
