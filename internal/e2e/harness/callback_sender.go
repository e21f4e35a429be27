package harness

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/stretchr/testify/require"
)

// CallbackSender posts callbacks over one connection. It does as little as it can, because its work is WeChat's.
type CallbackSender struct {
	account *CallbackAccount
	conn    net.Conn
	read    *bufio.Reader
	used    time.Time // last; zero where the API closes the connection
}

// NewSender opens a connection to the account's API. It is closed at the end of the test.
func (a *CallbackAccount) NewSender() *CallbackSender {
	c := &CallbackSender{account: a}
	require.NoError(a.System.T, c.dial())
	a.System.T.Cleanup(c.Close)
	return c
}

// Close closes the connection.
func (c *CallbackSender) Close() { _ = c.conn.Close() }

func (c *CallbackSender) dial() error {
	began := time.Now() // the other side may have accepted it long before we are told
	conn, err := net.Dial("tcp", c.account.Addr)
	if err != nil {
		return err
	}
	if c.conn != nil {
		_ = c.conn.Close()
	}
	c.conn, c.read, c.used = conn, bufio.NewReader(conn), began
	return nil
}

// Post posts a callback until it is acknowledged. Like WeChat it repeats what is answered 503, but it does not wait. It fails the test
// where the answer is another one, or still 503 after a minute.
func (c *CallbackSender) Post(l Callback) {
	deadline := time.Now().Add(time.Minute)
	for {
		status, text := c.PostOnce(l)
		if status == http.StatusOK && text == "success" {
			return
		}
		if status != http.StatusServiceUnavailable || time.Now().After(deadline) {
			c.account.System.T.Errorf("the callback is answered %d %q", status, text)
			return
		}
	}
}

// PostOnce posts a callback and returns the answer. The status is 0 where there is none.
func (c *CallbackSender) PostOnce(l Callback) (status int, text string) {
	if time.Since(c.used) > 4*time.Second { // after 5 s the other side closes what says nothing
		if err := c.dial(); err != nil {
			return 0, err.Error()
		}
	}
	if _, err := c.conn.Write(l); err != nil {
		return 0, err.Error()
	}
	resp, err := http.ReadResponse(c.read, nil)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	c.used = time.Now()
	if resp.Close {
		c.used = time.Time{}
	}
	return resp.StatusCode, string(body)
}

// Senders is how many connections a benchmark posts callbacks over.
const Senders = 64

// NewSenders opens as many connections as Senders says.
func (a *CallbackAccount) NewSenders() []*CallbackSender {
	all := make([]*CallbackSender, Senders)
	for i := range all {
		all[i] = a.NewSender()
	}
	return all
}
