package wxapi

import (
	"context"
	"crypto/tls"
	"maps"
	"net"
	"net/http"
	"net/url"
	"time"

	"wxdesk/internal/secret"
)

const (
	callTimeout = 8 * time.Second // one call from dial to the last byte of the answer
	dialTimeout = 3 * time.Second
	tlsTimeout  = 3 * time.Second
	// idleTimeout is shorter than what common servers keep (a guess for WeChat's), so that a connection is rarely closed
	// by the other side just while a message is written to it: such a message is unknown.
	idleTimeout    = 30 * time.Second
	idlePerHost    = 64
	maxHeaderBytes = 64 << 10
)

// NewHTTPClient makes a client for calls to other systems: bounded in time, HTTP/1.1 only (so that it is known what was
// written), no proxy, no decompression, and no connection to an address that is not public, unless allowPrivate. The
// address is checked when it is dialled, after name resolution, so that no name can lead inside.
func NewHTTPClient(allowPrivate bool) *http.Client {
	dialer := &net.Dialer{Timeout: dialTimeout}
	if !allowPrivate {
		dialer.Control = refusePrivate
	}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Client{
		Timeout:       callTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext:            dialer.DialContext,
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
			TLSHandshakeTimeout:    tlsTimeout,
			MaxIdleConns:           2 * idlePerHost,
			MaxIdleConnsPerHost:    idlePerHost,
			IdleConnTimeout:        idleTimeout,
			MaxResponseHeaderBytes: maxHeaderBytes,
			DisableCompression:     true,
			Protocols:              protocols,
		},
	}
}

type urlKey struct{}

// withURL gives a call the rest of its URL: the parameters, of which some name a person or a medium, and the access token,
// unless it is empty.
func withURL(ctx context.Context, address string, query url.Values, token secret.Value) context.Context {
	parameters := url.Values{}
	maps.Copy(parameters, query)
	if !token.Empty() {
		parameters.Set("access_token", token.Reveal())
	}
	if len(parameters) == 0 {
		return ctx
	}
	return context.WithValue(ctx, urlKey{}, secret.New(address+"?"+parameters.Encode()))
}

// withWholeURL gives a call its URL if all of it but the host has to stay unseen.
func withWholeURL(ctx context.Context, whole *url.URL) context.Context {
	return context.WithValue(ctx, urlKey{}, secret.New(whole.String()))
}

// urlInjector gives a call its whole URL. It stands below everything that records or reports URLs.
type urlInjector struct{ next http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (t urlInjector) RoundTrip(r *http.Request) (*http.Response, error) {
	hidden, given := r.Context().Value(urlKey{}).(secret.Value)
	if !given {
		return t.next.RoundTrip(r)
	}
	whole, err := url.Parse(hidden.Reveal())
	if err != nil {
		return nil, ErrAddressRefused // its text must not repeat the URL
	}
	with := r.Clone(r.Context())
	with.URL = whole
	resp, err := t.next.RoundTrip(with)
	if resp != nil {
		resp.Request = r
	}
	return resp, err
}
