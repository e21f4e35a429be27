package e2e_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/wechat"
)

// benchShop is an account whose callbacks the benchmark makes itself.
type benchShop struct {
	s       *system
	account string
	address string // host and port
	path    string
	token   string
	cipher  *wechat.Cipher
	last    int64  // number of the last callback, which its MsgId has too
	says    string // what customers say, with the number behind it; "" for the same question again and again
}

// text is what is said in a callback.
func (shop *benchShop) text(number int64) string {
	if shop.says == "" {
		return "when are you open?"
	}
	return fmt.Sprintf("%s %d", shop.says, number)
}

const benchGH = "gh_be9c4be9c4be"

func newBenchShop(s *system) *benchShop {
	s.t.Helper()
	const key, app = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", "wx00000000be9c4000"
	shop := &benchShop{s: s, address: s.http, token: "benchToken"}
	var made struct {
		ID string
	}
	status := s.api(http.MethodPost, "/v1/accounts", nil, map[string]any{
		"name": "Bench", "app_id": app, "app_secret": "0123456789abcdef0123456789abcdef", "original_id": benchGH,
		"token": shop.token, "encoding_aes_key": key,
	}, &made)
	require.Equal(s.t, http.StatusCreated, status)
	shop.account, shop.path = made.ID, "/wechat/"+made.ID
	var err error
	shop.cipher, err = wechat.NewCipher(key, app)
	require.NoError(s.t, err)
	return shop
}

func benchOpenID(sender int) string { return fmt.Sprintf("oBench%022d", sender) }

// rawRequest is a request as it goes over the wire.
type rawRequest []byte

// callbackRequests are the callbacks of a round, each sender's of so many customers in turn, counted from the first, made before it
// begins: making them is WeChat's work.
func (shop *benchShop) callbackRequests(first, senders, each, customers int) [][]rawRequest {
	all := make([][]rawRequest, senders)
	for sender := range all {
		for n := range each {
			all[sender] = append(all[sender], shop.callbackRequest(first+sender*customers+n%customers))
		}
	}
	return all
}

func (shop *benchShop) callbackRequest(sender int) rawRequest {
	shop.last++
	openID, now := benchOpenID(sender), strconv.FormatInt(time.Now().Unix(), 10)
	sealed, err := shop.cipher.Seal(fmt.Appendf(nil, "<xml><ToUserName><![CDATA[%s]]></ToUserName>\n<FromUserName><![CDATA[%s]]></FromUserName>\n"+
		"<CreateTime>%s</CreateTime>\n<MsgType><![CDATA[text]]></MsgType>\n<Content><![CDATA[%s]]></Content>\n<MsgId>%d</MsgId>\n</xml>",
		benchGH, openID, now, shop.text(shop.last), 23_000_000_000_000_000+shop.last))
	require.NoError(shop.s.t, err)
	nonce := strconv.FormatInt(1_000_000_000+shop.last, 10)
	body := fmt.Sprintf("<xml>\n<ToUserName><![CDATA[%s]]></ToUserName>\n<Encrypt><![CDATA[%s]]></Encrypt>\n</xml>", benchGH, sealed)
	return fmt.Appendf(nil, "POST %s?signature=%s&timestamp=%s&nonce=%s&openid=%s&encrypt_type=aes&msg_signature=%s HTTP/1.1\r\n"+
		"Host: wxdesk\r\nContent-Type: text/xml\r\nContent-Length: %d\r\n\r\n%s", shop.path, wechat.Signature(shop.token, now, nonce), now, nonce,
		openID, wechat.Signature(shop.token, now, nonce, string(sealed)), len(body), body)
}

// size is that of a callback.
func (shop *benchShop) size() int { return len(shop.callbackRequest(0)) }

// sender is one connection to the callback endpoint, and does as little as it can: its work is WeChat's.
type sender struct {
	shop *benchShop
	conn net.Conn
	read *bufio.Reader
	used time.Time // zero: the other side has said that it closes
}

func (shop *benchShop) sender() *sender {
	c := &sender{shop: shop}
	require.NoError(shop.s.t, c.dial())
	shop.s.t.Cleanup(c.close)
	return c
}

// close closes the connection.
func (c *sender) close() { _ = c.conn.Close() }

func (c *sender) dial() error {
	began := time.Now() // the other side may have accepted it long before we are told
	conn, err := net.Dial("tcp", c.shop.address)
	if err != nil {
		return err
	}
	if c.conn != nil {
		_ = c.conn.Close()
	}
	c.conn, c.read, c.used = conn, bufio.NewReader(conn), began
	return nil
}

func (shop *benchShop) senders() []*sender {
	all := make([]*sender, benchSenders)
	for i := range all {
		all[i] = shop.sender()
	}
	return all
}

// posts a callback until it is taken. Like WeChat it comes again where the callback endpoint has no time for it; unlike WeChat at once.
func (c *sender) posts(l rawRequest) {
	deadline := time.Now().Add(time.Minute)
	for {
		status, text := c.tries(l)
		if status == http.StatusOK && text == "success" {
			return
		}
		if status != http.StatusServiceUnavailable || time.Now().After(deadline) {
			c.shop.s.t.Errorf("the callback is answered %d %q", status, text)
			return
		}
	}
}

// tries returns what the callback endpoint answers; status 0 where it does not.
func (c *sender) tries(l rawRequest) (status int, text string) {
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

// benchWeChat is WeChat's API as far as an answer needs it, and tells who was answered. The simulator would take a share of the
// machine that is not ours to measure.
type benchWeChat struct {
	*httptest.Server
	mu   sync.Mutex
	told map[string]chan struct{} // by openid
}

func newBenchWeChat(b *testing.B) *benchWeChat {
	p := &benchWeChat{told: map[string]chan struct{}{}}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/cgi-bin/message/custom/send" {
			_, _ = io.WriteString(w, `{"access_token":"bench-access-token","expires_in":7200}`)
			return
		}
		var sent struct{ ToUser string }
		_ = json.NewDecoder(r.Body).Decode(&sent)
		select {
		case p.answers(sent.ToUser) <- struct{}{}:
		default: // nobody waits for this one
		}
		_, _ = io.WriteString(w, `{"errcode":0,"errmsg":"ok"}`)
	}))
	b.Cleanup(p.Close)
	return p
}

func (p *benchWeChat) answers(openID string) chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.told[openID] == nil {
		p.told[openID] = make(chan struct{}, 16)
	}
	return p.told[openID]
}
