package wxapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"

	"wxdesk/internal/secret"
	"wxdesk/internal/wechat"
)

const (
	httpOK = http.StatusOK
	// maxAnswer bounds what is read of an answer (W07). Real ones have less than 1 KB, a menu may have 20.
	maxAnswer = 1 << 20
)

// request is one call of the API.
type request struct {
	op    string // the path below /cgi-bin/
	query url.Values
	body  []byte        // JSON
	part  *uploadedPart // or a medium; without either, the method is GET
	large bool          // carries a medium in one direction: it has more time
}

// call makes a call other than a send, with an access token that is replaced once if WeChat refuses it. The answer is
// read into out; without one, an errcode must be there. It fails with an *Error.
func (c *Client) call(ctx context.Context, of wechat.Credentials, r request, out any) error {
	return c.withToken(ctx, of, r.op, func(token secret.Value) error {
		resp, err := c.do(ctx, r, token)
		if err != nil {
			return err
		}
		defer func() { _ = resp.Body.Close() }()
		body, err := readAnswer(ctx, r.op, resp)
		if err != nil {
			return err
		}
		return decode(r.op, body, out)
	})
}

// withToken makes a call, and once more with another access token if WeChat refuses the first.
func (c *Client) withToken(ctx context.Context, of wechat.Credentials, op string, try func(token secret.Value) error) error {
	token, err := c.tokens.current(ctx, of)
	if err != nil {
		return tokenFailure(ctx, op, err)
	}
	err = try(token.Value)
	var refused *Error
	if !errors.As(err, &refused) || refused.Code.Class() != wechat.ClassRefresh {
		return err
	}
	token, err = c.tokens.another(ctx, of, token)
	if err != nil {
		return tokenFailure(ctx, op, err)
	}
	return try(token.Value)
}

// tokenFailure is the *Error of a call that never began, for want of an access token.
func tokenFailure(ctx context.Context, op string, err error) error {
	var failed *Error
	if errors.As(err, &failed) {
		return failed
	}
	return (&Error{Op: op, Reason: wechat.ReasonTokenStore, cause: err}).because(ctx)
}

// do sends a request and returns WeChat's answer, whose body is still to be read and closed. It fails with an *Error.
func (c *Client) do(ctx context.Context, r request, token secret.Value) (*http.Response, error) {
	var wire wire
	address := c.baseURL + "/cgi-bin/" + r.op
	req, err := http.NewRequestWithContext(httptrace.WithClientTrace(withURL(ctx, address, r.query, token), wire.trace()), http.MethodGet, address, nil)
	if err != nil {
		return nil, &Error{Op: r.op, Reason: wechat.ReasonNotReached}
	}
	switch {
	case r.part != nil:
		r.part.attach(req)
	case r.body != nil:
		attachJSON(req, r.body)
	}
	resp, err := c.client(r.large).Do(req)
	if err != nil {
		return nil, wire.failure(r.op, err).because(ctx)
	}
	return resp, nil
}

// attachJSON makes a request the POST of a document, that can be begun again if nothing was written.
func attachJSON(req *http.Request, document []byte) {
	attach(req, "application/json", int64(len(document)), func() io.Reader { return bytes.NewReader(document) })
}

func attach(req *http.Request, contentType string, size int64, body func() io.Reader) {
	req.Method = http.MethodPost
	req.Header.Set("Content-Type", contentType)
	req.ContentLength = size
	req.Body = io.NopCloser(body())
	req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(body()), nil }
}

func (c *Client) client(large bool) *http.Client {
	if large {
		return c.large
	}
	return c.http
}

func readAnswer(ctx context.Context, op string, resp *http.Response) ([]byte, error) {
	if resp.StatusCode != httpOK {
		return nil, &Error{Op: op, Reason: wechat.ReasonServerError, HTTPStatus: resp.StatusCode, written: true}
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return nil, (&Error{Op: op, Reason: wechat.ReasonUnanswered, HTTPStatus: httpOK, written: true}).because(ctx)
	}
	if len(body) > maxAnswer {
		return nil, unclear(op)
	}
	return body, nil
}

// decode reads an answer: the errcode first, the rest into out.
func decode(op string, body []byte, out any) error {
	var a answer
	if json.Unmarshal(body, &a) != nil {
		return unclear(op)
	}
	if refused := refusal(op, a); refused != nil {
		return refused
	}
	if out == nil && !a.ErrCode.given || out != nil && json.Unmarshal(body, out) != nil {
		return unclear(op)
	}
	return nil
}

// wire watches whether anything of a request may have left this machine.
//
// The transport asks for a connection, then hands the headers to the connection's writer, then the body. When it gives up
// before the headers were handed over, it has closed the connection first, so nothing leaves later either. A connection
// that WeChat closed while it was idle is noticed in two ways: writing nothing, in which case the transport itself takes
// another connection, which starts this watch again; or after writing, in which case WeChat may have read the request, and
// the transport never repeats a POST.
type wire struct{ wrote atomic.Bool }

func (w *wire) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GetConn:      func(string) { w.wrote.Store(false) },
		WroteHeaders: func() { w.wrote.Store(true) },
	}
}

func (w *wire) failure(op string, err error) *Error {
	switch {
	case w.wrote.Load():
		return &Error{Op: op, Reason: wechat.ReasonUnanswered, written: true}
	case errors.Is(err, ErrAddressRefused):
		return &Error{Op: op, Reason: wechat.ReasonAddressRefused, cause: ErrAddressRefused}
	}
	return &Error{Op: op, Reason: wechat.ReasonNotReached}
}
