package story_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/e2e/harness"
	"wxdesk/internal/wechat"
)

// capturedCallback is a callback as somebody on the way could have written it down.
type capturedCallback struct {
	target string
	query  url.Values
	body   string
}

// seal returns a callback of the account, sealed and signed as WeChat does, at a time of WeChat's clock. The nonce has ten digits, so that
// it could be a timestamp.
func seal(a *harness.SecondAccount, sealWith, xml string, at time.Time) capturedCallback {
	a.System.T.Helper()
	cipher, err := wechat.NewCipher(sealWith, wechat.AppID(a.AppID))
	require.NoError(a.System.T, err)
	encrypt, err := cipher.Seal([]byte(xml))
	require.NoError(a.System.T, err)
	const nonce = "1234567890"
	timestamp := strconv.FormatInt(at.Unix(), 10)
	return capturedCallback{
		target: "http://" + a.System.HTTPAddr + "/wechat/" + a.ID,
		query: url.Values{
			"timestamp": {timestamp}, "nonce": {nonce}, "encrypt_type": {"aes"}, "signature": {wechat.Signature(a.Token, timestamp, nonce)},
			"msg_signature": {wechat.Signature(a.Token, timestamp, nonce, string(encrypt))},
		},
		body: fmt.Sprintf("<xml><ToUserName>%s</ToUserName><Encrypt><![CDATA[%s]]></Encrypt></xml>", a.OriginalID, encrypt),
	}
}

// withTimestampAndNonceSwapped is the same with timestamp and nonce in each other's place, which leaves the signature as it was.
func (c capturedCallback) withTimestampAndNonceSwapped() capturedCallback {
	query := url.Values{}
	for name, values := range c.query {
		query[name] = values
	}
	query["timestamp"], query["nonce"] = c.query["nonce"], c.query["timestamp"]
	return capturedCallback{c.target, query, c.body}
}

// deliver posts it and returns whether it was answered as taken.
func (c capturedCallback) deliver() bool {
	resp, err := http.Post(c.target+"?"+c.query.Encode(), "text/xml", strings.NewReader(c.body))
	if err != nil {
		return false
	}
	defer resp.Body.Close() //nolint:errcheck // read below
	text, _ := io.ReadAll(resp.Body)
	return resp.StatusCode == http.StatusOK && string(text) == "success"
}
