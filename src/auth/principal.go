package auth

import "context"

// Local is the Principal of callers on the listener that needs no token.
const Local = "local"

// Principal is who a request is from. Everything created with a credential is
// scoped to its Name.
type Principal struct {
	Name  string // "local" for the token-free listener
	Admin bool
}

type principalKey struct{}

// WithPrincipal returns a context that carries p.
func WithPrincipal(ctx context.Context, p Principal) context.Context {
	return context.WithValue(ctx, principalKey{}, p)
}

// PrincipalFrom is the Principal that ctx carries; false where it has none.
func PrincipalFrom(ctx context.Context) (Principal, bool) {
	p, ok := ctx.Value(principalKey{}).(Principal)
	return p, ok
}
