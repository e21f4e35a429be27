package temporalclient

import (
	"context"
	"crypto/sha256"
	"errors"
	"log/slog"
	"net/http"
	"strings"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"

	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/secret"
	"wxdesk/internal/telemetry"
)

// maxCodecBody bounds what one request to the codec endpoint may hold; Temporal's own limit for a request is 4 MB.
const maxCodecBody = 8 << 20

// CodecOptions say who may use the codec endpoint.
type CodecOptions struct {
	Ring     *secret.Keyring
	Origin   string // of the Temporal Web UI, such as https://temporal.example.com
	Tokens   Tokens
	Sessions Sessions
	Log      *slog.Logger
}

// Tokens find who has an API token.
type Tokens interface {
	// Authenticate finds the principal by the SHA-256 of the token's text; conversation.ErrNotFound if the token is unknown
	// or revoked.
	Authenticate(ctx context.Context, hash [32]byte) (access.Principal, error)
}

// NewCodecHandler opens and seals payloads for people who look at Temporal: POST /codec/decode and /codec/encode. It is for
// admins, who either send their API token (Authorization: Bearer), or have signed in with it at /codec/sign-in, which leaves
// a cookie in their browser. The cookie counts only for the Web UI at the origin; a page of any other origin gets nothing,
// with whatever credentials. Every use is logged: who, and how many payloads.
func NewCodecHandler(o CodecOptions) http.Handler {
	s := &codecServer{CodecOptions: o, codec: NewCodec(o.Ring)}
	mux := http.NewServeMux()
	for _, path := range []string{"/codec/encode", "/codec/decode"} {
		mux.HandleFunc("POST "+path, s.use)
		mux.HandleFunc("OPTIONS "+path, s.preflight)
	}
	own := http.NewCrossOriginProtection() // no other page signs anybody in or out
	mux.HandleFunc("GET /codec/sign-in", s.page)
	mux.Handle("POST /codec/sign-in", own.Handler(http.HandlerFunc(s.signIn)))
	mux.Handle("POST /codec/sign-out", own.Handler(http.HandlerFunc(s.signOut)))
	return mux
}

type codecServer struct {
	CodecOptions
	codec *Codec
}

// Reasons for which the codec endpoint refuses.
var (
	errOrigin   = errors.New("another-origin")
	errSignIn   = errors.New("not-signed-in")
	errNotAdmin = errors.New("not-an-admin")
)

// use seals or opens the payloads of a request.
func (s *codecServer) use(w http.ResponseWriter, r *http.Request) {
	if err := s.cors(w, r); err != nil {
		s.refuse(w, r, err)
		return
	}
	who, err := s.caller(r)
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	counted := &countingCodec{Codec: s.codec.forNamespace(r.Header.Get("X-Namespace"))}
	r.Body = http.MaxBytesReader(w, r.Body, maxCodecBody)
	converter.NewPayloadCodecHTTPHandler(counted).ServeHTTP(w, r)
	s.Log.InfoContext(r.Context(), "codec endpoint used", "actor", who, telemetry.FieldRoute, r.Pattern, telemetry.FieldCount, counted.n)
}

// cors lets the Web UI's page see the answer. A request from no page at all, of a program, has no Origin.
func (s *codecServer) cors(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Vary", "Origin")
	w.Header().Set("Cache-Control", "no-store")
	switch given := r.Header.Values("Origin"); {
	case len(given) == 0:
		return nil
	case len(given) > 1 || given[0] != s.Origin:
		return errOrigin
	}
	w.Header().Set("Access-Control-Allow-Origin", s.Origin)
	w.Header().Set("Access-Control-Allow-Credentials", "true")
	return nil
}

// preflight answers a browser that asks whether the page may ask at all. It sends no credentials with that.
func (s *codecServer) preflight(w http.ResponseWriter, r *http.Request) {
	if err := s.cors(w, r); err != nil || r.Header.Get("Origin") == "" {
		s.refuse(w, r, errOrigin)
		return
	}
	w.Header().Set("Access-Control-Allow-Methods", "POST")
	w.Header().Set("Access-Control-Allow-Headers", "Content-Type, Authorization, Authorization-Extras, X-Namespace, Caller-Type")
	w.WriteHeader(http.StatusNoContent)
}

// caller finds out who asks: by the cookie, which counts if the Web UI's page asks, or else by the API token.
func (s *codecServer) caller(r *http.Request) (who string, err error) {
	if r.Header.Get("Origin") != "" {
		session, err := s.session(r)
		if !errors.Is(err, errSignIn) {
			return session.Who, err
		}
	}
	given := r.Header.Values("Authorization")
	if len(given) != 1 {
		return "", errSignIn
	}
	scheme, token, _ := strings.Cut(given[0], " ")
	if !strings.EqualFold(scheme, "bearer") {
		return "", errSignIn
	}
	return s.admin(r.Context(), sha256.Sum256([]byte(token)))
}

// admin is the id of the API token with this SHA-256, if it is an admin's.
func (s *codecServer) admin(ctx context.Context, hash [32]byte) (tokenID string, err error) {
	p, err := s.Tokens.Authenticate(ctx, hash)
	switch {
	case errors.Is(err, conversation.ErrNotFound):
		return "", errSignIn
	case err != nil:
		return "", err
	case p.Role != access.RoleAdmin:
		return "", errNotAdmin
	}
	return p.TokenID, nil
}

func (s *codecServer) refuse(w http.ResponseWriter, r *http.Request, err error) {
	status, reason := http.StatusServiceUnavailable, "unavailable"
	switch {
	case errors.Is(err, errOrigin), errors.Is(err, errNotAdmin):
		status, reason = http.StatusForbidden, err.Error()
	case errors.Is(err, errSignIn):
		status, reason = http.StatusUnauthorized, err.Error()
		w.Header().Set("WWW-Authenticate", "Bearer")
	default:
		s.Log.ErrorContext(r.Context(), "codec session lookup failed", telemetry.FieldError, err)
	}
	s.Log.InfoContext(r.Context(), "codec request refused", telemetry.FieldReason, reason, telemetry.FieldStatus, status)
	http.Error(w, reason, status)
}

// countingCodec counts the payloads of one request.
type countingCodec struct {
	*Codec
	n int
}

// Encode implements converter.PayloadCodec.
func (c *countingCodec) Encode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	c.n += len(payloads)
	return c.Codec.Encode(payloads)
}

// Decode implements converter.PayloadCodec.
func (c *countingCodec) Decode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	c.n += len(payloads)
	return c.Codec.Decode(payloads)
}
