// Package roots has TLS trust the root certificates that are built into the program, on a
// system that has none: an image without any other file, for example.
package roots

import (
	"crypto/x509"
	"os"
	"runtime"
	"slices"
	"sync"

	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// files are the places in which Linux distributions keep their root certificates, in one
// file. crypto/x509 reads the first that exists.
var files = []string{
	"/etc/ssl/certs/ca-certificates.crt",
	"/etc/pki/tls/certs/ca-bundle.crt",
	"/etc/ssl/ca-bundle.pem",
	"/etc/pki/tls/cacert.pem",
	"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
	"/etc/ssl/cert.pem",
}

// UseBuiltIn has the built-in certificates trusted where the system has none, and reports
// whether it has none. Every TLS client of the process that names no authorities of its
// own then uses them.
//
// Package fallback, which does it in an init function, parses them at each start: that is
// 2 ms and 1.7 MB, which only a system without certificates should pay for.
var UseBuiltIn = sync.OnceValue(func() bool {
	if runtime.GOOS != "linux" { // Windows and macOS verify certificates themselves
		return false
	}
	given := os.Getenv("SSL_CERT_FILE")
	if exists(given) || given == "" && slices.ContainsFunc(files, exists) {
		return false
	}
	pool := builtIn()
	x509.SetFallbackRoots(pool)
	used, err := x509.SystemCertPool() // the system may have others, in a folder
	return err == nil && used.Equal(pool)
})

func exists(file string) bool {
	info, err := os.Stat(file)
	return err == nil && info.Size() > 0
}

// builtIn returns the certificates of the authorities that Mozilla trusts.
func builtIn() *x509.CertPool {
	pool := x509.NewCertPool()
	for root := range bundle.Roots() {
		certificate, err := x509.ParseCertificate(root.Certificate)
		if err != nil {
			panic(err) // a test parses them
		}
		pool.AddCertWithConstraint(certificate, root.Constraint)
	}
	return pool
}
