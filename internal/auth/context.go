package auth

import "context"

type identityKey struct{}

// NewContext returns the context of a caller's request.
func NewContext(ctx context.Context, id Identity) context.Context {
	return context.WithValue(ctx, identityKey{}, id)
}

// FromContext returns who makes the request; ok is false on stdio, where the
// process's user does.
func FromContext(ctx context.Context) (id Identity, ok bool) {
	id, ok = ctx.Value(identityKey{}).(Identity)
	return id, ok
}
