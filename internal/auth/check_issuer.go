package auth

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"github.com/coreos/go-oidc/v3/oidc"

	"papi-mcp/internal/papi"
)

// CheckIssuer reads the metadata of an authorization server and its keys, as OIDC
// does for the first token, and returns how many keys there are.
func CheckIssuer(ctx context.Context, issuer string) (keys int, err error) {
	client := &http.Client{
		Transport: papi.NewTransport(), Timeout: issuerTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	defer client.CloseIdleConnections()
	provider, err := oidc.NewProvider(oidc.ClientContext(ctx, client), issuer)
	if err != nil {
		return 0, err
	}
	var metadata struct {
		KeysURL string `json:"jwks_uri"`
	}
	if err := provider.Claims(&metadata); err != nil {
		return 0, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, metadata.KeysURL, nil)
	if err != nil {
		return 0, fmt.Errorf("its keys: %w", err)
	}
	resp, err := client.Do(request)
	if err != nil {
		return 0, fmt.Errorf("its keys: %w", err)
	}
	defer resp.Body.Close()
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if resp.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("its keys: %s", resp.Status)
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxIssuerAnswer)).Decode(&set); err != nil {
		return 0, fmt.Errorf("its keys are not JSON: %w", err)
	}
	if len(set.Keys) == 0 {
		return 0, fmt.Errorf("its keys: there are none at %s", metadata.KeysURL)
	}
	return len(set.Keys), nil
}
