package papi

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"papi-mcp/internal/errorcode"

	"github.com/cenkalti/backoff/v5"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
	"golang.org/x/sync/singleflight"
)

const (
	// tokenTimeout is how long fetching a token may take, with its retries. It
	// is shorter than a call's deadline, so that a call that waited can be sent.
	tokenTimeout = 30 * time.Second
	// renewBefore is how long before its expiry a token is renewed; a short-lived
	// one is renewed in the last quarter of its life.
	renewBefore = time.Minute
)

// authorizer provides the Authorization header of requests. All callers share one
// token, which is fetched once however many wait for it; with a tokenFile, so do the
// processes of a user.
type authorizer struct {
	client  *Client
	fixed   string // the header, where it never changes
	oauth   *clientcredentials.Config
	file    *tokenFile // of the tokens for later processes, or nil
	secrets []string   // the key's secret, and the forms in which it is sent

	fetching singleflight.Group
	mu       sync.Mutex
	current  token
}

// token is a header and how long it is valid.
type token struct {
	header  string
	renew   time.Time // zero: never
	expires time.Time // zero: unknown
}

func (t token) fresh() bool {
	return t.header != "" && (t.renew.IsZero() || time.Now().Before(t.renew))
}

func (t token) valid() bool {
	return t.header != "" && (t.expires.IsZero() || time.Now().Before(t.expires))
}

func newAuthorizer(config Config, tokenURL string, c *Client) (*authorizer, error) {
	id, secret := strings.TrimSpace(config.KeyID), strings.TrimSpace(config.KeySecret)
	basic := base64.StdEncoding.EncodeToString([]byte(id + ":" + secret))
	escaped := base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(id) + ":" + url.QueryEscape(secret)))
	a := &authorizer{client: c, secrets: []string{secret, basic, escaped}}
	hasKey := id != "" && secret != ""
	switch config.Auth {
	case "", AuthOAuth:
		if hasKey {
			a.oauth = &clientcredentials.Config{
				ClientID:     id,
				ClientSecret: secret,
				TokenURL:     tokenURL,
				AuthStyle:    oauth2.AuthStyleInHeader,
			}
			if config.TokenFile != "" {
				a.file = newTokenFile(config.TokenFile, a.oauth, c.log)
			}
		}
	case AuthBasic:
		if hasKey {
			a.fixed = "Basic " + basic
		}
	default:
		return nil, fmt.Errorf("papi: PAPI_AUTH: unknown authentication method %q; known: %s (the default), %s", config.Auth, AuthOAuth, AuthBasic)
	}
	if given := strings.TrimSpace(config.AccessToken); given != "" {
		if !validHeader(given) {
			return nil, errors.New("papi: the access token (SINCH_ACCESS_TOKEN) contains a space or a character that can't be sent")
		}
		a.fixed = "Bearer " + given
	}
	return a, nil
}

// validHeader reports whether a bearer token can be sent in a header.
func validHeader(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}

// token returns the token to send a request with, and fetches one when there is
// no valid one. While the current one is still valid, it is renewed in the
// background.
func (a *authorizer) token(ctx context.Context) (token, *Error) {
	if a.fixed != "" {
		return token{header: a.fixed}, nil
	}
	if a.oauth == nil {
		return token{}, &Error{
			Code:       errorcode.CredentialsMissing,
			Message:    "there are no credentials for the API",
			Resolution: errorcode.Do(errorcode.CredentialsMissing),
		}
	}
	current := a.cached()
	if current.fresh() {
		return current, nil
	}
	// The fetch is shared: a caller that goes away does not cancel it for others.
	fetched := a.fetching.DoChan("", func() (any, error) { return a.renew(context.WithoutCancel(ctx)) })
	if current.valid() {
		return current, nil
	}
	select {
	case <-ctx.Done():
		return token{}, contextError(ctx)
	case result := <-fetched:
		if failed, ok := errors.AsType[*Error](result.Err); ok {
			copied := *failed // other callers have the same error
			return token{}, &copied
		}
		return result.Val.(token), nil
	}
}

func (a *authorizer) cached() token {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.current
}

// invalidate discards the token, which the API refused, and reports whether another
// one can be fetched. A token that has already been replaced is left alone.
func (a *authorizer) invalidate(refused token) bool {
	if a.fixed != "" {
		return false
	}
	a.file.remove(refused)
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.current.header == refused.header {
		a.current = token{}
	}
	return true
}

// renew provides a token, of another process or a new one, and caches it. The error
// is always an *Error.
func (a *authorizer) renew(ctx context.Context) (token, error) {
	if current := a.cached(); current.fresh() {
		return current, nil // another fetch has just ended
	}
	ctx, cancel := context.WithTimeout(ctx, tokenTimeout)
	defer cancel()
	kept := a.file.open(ctx)
	defer kept.close()
	fresh := kept.token()
	if !fresh.fresh() {
		var err error
		if fresh, err = a.fetch(ctx); err != nil {
			return token{}, err
		}
		kept.put(fresh)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.current = fresh
	return fresh, nil
}

// fetch asks the token endpoint for a token. The error is always an *Error.
func (a *authorizer) fetch(ctx context.Context) (token, error) {
	ctx = context.WithValue(ctx, oauth2.HTTPClient, &http.Client{
		Transport:     tokenTransport{a.client.http.Transport, a.client.userAgent},
		CheckRedirect: a.client.http.CheckRedirect,
	})
	got, err := backoff.Retry(ctx, func() (*oauth2.Token, error) {
		got, err := a.oauth.Token(ctx)
		err = tokenError(err, a.secrets)
		a.log(ctx, err)
		return got, err
	}, a.client.retries(ctx, tokenTimeout)...)
	if err == nil && !validHeader(got.AccessToken) {
		err = unexpectedToken("a token that can't be sent")
	}
	if err != nil {
		failed, ok := errors.AsType[*Error](err)
		if !ok {
			failed = &Error{Code: errorcode.Timeout, Message: "the token endpoint did not answer in time", Resolution: errorcode.Do(errorcode.Timeout), Err: err}
		}
		return token{}, failed
	}
	fresh := token{header: "Bearer " + got.AccessToken, expires: got.Expiry}
	if !got.Expiry.IsZero() {
		fresh.renew = got.Expiry.Add(-min(renewBefore, time.Until(got.Expiry)/4))
	}
	return fresh, nil
}

func (a *authorizer) log(ctx context.Context, err error) {
	attrs := []slog.Attr{slog.String("url", a.oauth.TokenURL)}
	if failed, ok := errors.AsType[*Error](err); ok {
		attrs = append(attrs, slog.String("error", failed.Error()))
	}
	a.client.log.LogAttrs(ctx, slog.LevelDebug, "token fetched", attrs...)
	if a.client.observer != nil {
		a.client.observer.TokenFetched(err == nil)
	}
}

// tokenError turns an error of package oauth2 into one for backoff.Retry that
// holds an *Error. Of what the endpoint wrote, only the standard's own codes are
// kept: the rest may repeat the credentials.
func tokenError(err error, secrets []string) error {
	if err == nil {
		return nil
	}
	if refused, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		status := refused.Response.StatusCode
		switch {
		case status == http.StatusProxyAuthRequired:
			e := unreachable("the token endpoint can't be reached: "+errProxyCredentials.Error(), TokenURLVariable, errProxyCredentials)
			e.Status = status
			return backoff.Permanent(e)
		case status == http.StatusTooManyRequests, status >= 500:
			return retryableError(&Error{
				Status:     status,
				Code:       errorcode.Unreachable,
				Message:    fmt.Sprintf("the token endpoint answered %d", status),
				Resolution: "try again later",
				RetryAfter: retryAfter(refused.Response.Header),
			})
		case standardCodes[refused.ErrorCode], status == 400, status == 401, status == 403:
			code := ""
			if standardCodes[refused.ErrorCode] {
				code = " " + refused.ErrorCode
			}
			return backoff.Permanent(&Error{
				Status:     status,
				Code:       errorcode.TokenRejected,
				Message:    fmt.Sprintf("the token endpoint refused the credentials (%d%s)", status, code),
				Resolution: errorcode.Do(errorcode.TokenRejected),
			})
		}
		e := unexpectedToken(fmt.Sprintf("status %d", status))
		e.Status = status
		return backoff.Permanent(e)
	}
	if lost, ok := errors.AsType[*url.Error](err); ok {
		e := unreachable("the token endpoint can't be reached: "+excerpt(newRedactor(secrets).text(lost.Err.Error())), TokenURLVariable, lost.Err)
		if isPermanent(lost.Err) {
			return backoff.Permanent(e)
		}
		return e
	}
	return backoff.Permanent(unexpectedToken("no token of the standard form"))
}

func unexpectedToken(what string) *Error {
	return &Error{
		Code:       errorcode.UnexpectedAnswer,
		Message:    "the token endpoint answered with " + what,
		Resolution: "check PAPI_TOKEN_URL" + errorcode.ThenDoctor,
	}
}

// standardCodes are the error codes of a token endpoint (RFC 6749, 5.2).
var standardCodes = map[string]bool{
	"invalid_request":        true,
	"invalid_client":         true,
	"invalid_grant":          true,
	"unauthorized_client":    true,
	"unsupported_grant_type": true,
	"invalid_scope":          true,
}
