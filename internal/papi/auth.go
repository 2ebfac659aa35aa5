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
	// tokenDeadline is how long a fetch of a token may take, with its tries.
	// Less than a call's, so that a call that waited can still be sent.
	tokenDeadline = 30 * time.Second
	// renewEarly is how long before its end a token is renewed; a short-lived
	// one earlier than that, in the last quarter of its life.
	renewEarly = time.Minute
)

// authorizer makes the Authorization header of requests. All callers share one
// token, which is fetched once however many wait for it.
type authorizer struct {
	client *Client
	fixed  string // the header, where it never changes
	oauth  *clientcredentials.Config
	key    []string // the key's secret, and the forms in which it is sent

	fetching singleflight.Group
	mu       sync.Mutex
	current  token
}

// token is a header and how long it is good.
type token struct {
	header  string
	renew   time.Time // zero: never
	expires time.Time // zero: not told
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
	a := &authorizer{client: c, key: []string{secret, basic, escaped}}
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
		}
	case AuthBasic:
		if hasKey {
			a.fixed = "Basic " + basic
		}
	default:
		return nil, fmt.Errorf("papi: PAPI_AUTH: unknown way to authenticate %q; known: %s (also where it is unset), %s", config.Auth, AuthOAuth, AuthBasic)
	}
	if given := strings.TrimSpace(config.AccessToken); given != "" {
		if !fitsHeader(given) {
			return nil, errors.New("papi: the access token (SINCH_ACCESS_TOKEN) holds a space or a character that can't be sent")
		}
		a.fixed = "Bearer " + given
	}
	return a, nil
}

// fitsHeader reports whether a bearer token can stand in a header.
func fitsHeader(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}

func (a *authorizer) complete() bool { return a.fixed != "" || a.oauth != nil }

// token returns the token to send a request with, fetched when there is none
// that is good. While the last one is still good, it is renewed behind the
// back of its users.
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
	have := a.have()
	if have.fresh() {
		return have, nil
	}
	// The fetch is for all who wait, so that none of them ends it by leaving.
	fetched := a.fetching.DoChan("", func() (any, error) { return a.renew(context.WithoutCancel(ctx)) })
	if have.valid() {
		return have, nil
	}
	select {
	case <-ctx.Done():
		return token{}, ended(ctx)
	case result := <-fetched:
		var failed *Error
		if errors.As(result.Err, &failed) {
			own := *failed // the others who waited have theirs
			return token{}, &own
		}
		return result.Val.(token), nil
	}
}

func (a *authorizer) have() token {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.current
}

// drop forgets the token, which the API refused, and reports whether another one
// can be had. When it has been replaced meanwhile, nothing is forgotten.
func (a *authorizer) drop(refused token) bool {
	if a.fixed != "" {
		return false
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.current.header == refused.header {
		a.current = token{}
	}
	return true
}

// renew fetches a token and keeps it. The error is always an *Error.
func (a *authorizer) renew(ctx context.Context) (token, error) {
	if have := a.have(); have.fresh() {
		return have, nil // fetched between the look and the fetch
	}
	ctx, cancel := context.WithTimeout(ctx, tokenDeadline)
	defer cancel()
	ctx = context.WithValue(ctx, oauth2.HTTPClient, &http.Client{
		Transport:     tokenTransport{a.client.http.Transport, a.client.userAgent},
		CheckRedirect: a.client.http.CheckRedirect,
	})
	got, err := backoff.Retry(ctx, func() (*oauth2.Token, error) {
		got, err := a.oauth.Token(ctx)
		err = a.failure(err)
		a.log(ctx, err)
		return got, err
	}, a.client.retries(tokenDeadline)...)
	if err == nil && !fitsHeader(got.AccessToken) {
		err = unexpectedToken("a token that can't be sent")
	}
	if err != nil {
		var failed *Error
		if !errors.As(err, &failed) {
			failed = &Error{Code: errorcode.Timeout, Message: "the token endpoint did not answer in time", Resolution: errorcode.Do(errorcode.Timeout), Err: err}
		}
		return token{}, failed
	}
	fresh := token{header: "Bearer " + got.AccessToken, expires: got.Expiry}
	if !got.Expiry.IsZero() {
		fresh.renew = got.Expiry.Add(-min(renewEarly, time.Until(got.Expiry)/4))
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.current = fresh
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

// failure turns an error of package oauth2 into one for backoff.Retry
// that holds an *Error. What the endpoint wrote is left out but for the
// standard's own codes: it may have echoed the credentials.
func (a *authorizer) failure(err error) error {
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
			return again(&Error{
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
		e := unreachable("the token endpoint can't be reached: "+excerpt(newRedactor(a.key).text(lost.Err.Error())), TokenURLVariable, lost.Err)
		if hopeless(lost.Err) {
			return backoff.Permanent(e)
		}
		return e
	}
	return backoff.Permanent(unexpectedToken("no token in the standard's form"))
}

func unexpectedToken(what string) *Error {
	return &Error{
		Code:       errorcode.UnexpectedAnswer,
		Message:    "the token endpoint answered with " + what,
		Resolution: "check PAPI_TOKEN_URL" + errorcode.ThenDoctor,
	}
}

// standardCodes are the error codes of a token endpoint by RFC 6749, 5.2.
var standardCodes = map[string]bool{
	"invalid_request":        true,
	"invalid_client":         true,
	"invalid_grant":          true,
	"unauthorized_client":    true,
	"unsupported_grant_type": true,
	"invalid_scope":          true,
}
