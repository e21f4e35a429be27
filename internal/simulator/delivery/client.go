package delivery

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// maxAnswer is more than any reply can be; what is longer is not read to its end.
const maxAnswer = 64 << 10

// callbackClient calls accounts' servers. Like WeChat it follows no redirect and closes each connection, unless the settings
// keep them open; no proxy of the environment comes between.
type callbackClient struct {
	closing, keeping *http.Client
}

func newCallbackClient() callbackClient {
	client := func(keepAlive bool) *http.Client {
		return &http.Client{
			Transport: &http.Transport{
				DisableKeepAlives:   !keepAlive,
				DisableCompression:  true,
				MaxIdleConnsPerHost: 256,
				IdleConnTimeout:     time.Minute,
			},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
	}
	return callbackClient{closing: client(false), keeping: client(true)}
}

func (c callbackClient) close() { c.keeping.CloseIdleConnections() }

// outcome is what came of one request.
type outcome struct {
	status   int // 0 if there was no answer
	body     []byte
	err      error // why there was no answer; names no address, whose query holds signature and openid
	timedOut bool
	took     time.Duration
}

// failure says why an outcome is none that can be judged, or nothing.
func (o outcome) failure() string {
	switch {
	case o.err != nil:
		return o.err.Error()
	case o.status != http.StatusOK:
		return "HTTP status " + strconv.Itoa(o.status)
	}
	return ""
}

// prepare makes a request that ends with the context.
type prepare func(context.Context) (*http.Request, error)

// send makes one request within the limit, from connecting to the last byte of the answer. When the limit is over the
// connection is closed, and a later answer meets nobody.
func (c callbackClient) send(ctx context.Context, limit time.Duration, keepAlive bool, request prepare) outcome {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	r, err := request(ctx)
	if err != nil {
		return outcome{err: err}
	}
	client := c.closing
	if keepAlive {
		client = c.keeping
	}
	began := time.Now()
	o := exchange(client, r)
	o.took = time.Since(began)
	if o.err != nil {
		o.timedOut = errors.Is(ctx.Err(), context.DeadlineExceeded)
		o.err = describe(o.err, o.timedOut, limit)
	}
	return o
}

func exchange(client *http.Client, r *http.Request) outcome {
	answer, err := client.Do(r)
	if err != nil {
		return outcome{err: err}
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer+1))
	if err != nil {
		return outcome{err: err}
	}
	return outcome{status: answer.StatusCode, body: body}
}

// describe gives the kinds that WeChat's own alarms know: DNS, connect, time-out, invalid.
func describe(err error, timedOut bool, limit time.Duration) error {
	if timedOut {
		return fmt.Errorf("no answer within %s", limit)
	}
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return errors.New("the host name is not known")
	}
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return fmt.Errorf("%s: %w", op.Op, op.Err)
	}
	return err
}
