package callback_test

import (
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/api"
	"wxdesk/api/apitest"
	"wxdesk/internal/callback"
	"wxdesk/internal/wechat"
)

// full tries S3 with the number that it is promised with, for `make fuzz`; without it as much as takes seconds.
var full = flag.Bool("full", false, "try the promise S3 with a million mutants")

// callbackAccount is an account in safe mode, what WeChat once wrote to it, and a way to write more.
type callbackAccount struct {
	w         *apitest.World
	h         http.Handler
	originals []apitest.Callback
}

func newCallbackAccount(t *testing.T) *callbackAccount {
	t.Helper()
	w, g := apitest.NewWorld(), apitest.NewWeChat(t, wechat.ModeSafe)
	g.In(w)
	cfg := w.Config()
	cfg.Log = slog.New(slog.DiscardHandler)
	l := &callbackAccount{w: w, h: api.New(cfg).Handler()}
	for i, content := range []string{"hello", "你好", strings.Repeat("long ", 200), "a nonce that looks like a time"} {
		cb := g.Says(strings.Replace(apitest.TextMessage(content), "23893347810211482", fmt.Sprint(23893347810211482+i), 1))
		if i == 3 {
			cb.Query.Set("nonce", "1234567890") // so that swapping it with the timestamp keeps the signature and both shapes
			cb.Sign(cb.Encrypt(t))
		}
		l.originals = append(l.originals, cb)
	}
	return l
}

// mutant is a request that began as a good callback.
type mutant struct {
	path, query, body string
	header            http.Header
}

func mutantOf(cb apitest.Callback) mutant {
	return mutant{path: "/wechat/" + cb.Account, query: cb.Query.Encode(), body: cb.Body, header: http.Header{}}
}

func (m mutant) String() string {
	return fmt.Sprintf("%s?%s %v\n%s", m.path, m.query, m.header, m.body)
}

// post delivers a mutant and returns the status of the answer.
func (l *callbackAccount) post(m mutant) int {
	r := httptest.NewRequest(http.MethodPost, "/wechat/x", strings.NewReader(m.body))
	r.URL = &url.URL{Path: m.path, RawQuery: m.query}
	r.Header = m.header
	answer := httptest.NewRecorder()
	l.h.ServeHTTP(answer, r)
	return answer.Code
}

// spoil changes what WeChat signed; whatever it does, the request is no longer WeChat's.
func (l *callbackAccount) spoil(dice *rand.Rand) mutant {
	of := func(n int) int { return dice.IntN(n) }
	cb := l.originals[of(len(l.originals))]
	m, query := mutantOf(cb), url.Values{}
	for name, values := range cb.Query {
		query[name] = values
	}
	signed := []string{"msg_signature", "timestamp", "nonce"}
	name := signed[of(3)]
	value := query.Get(name)
	start := strings.Index(m.body, "<Encrypt><![CDATA[") + len("<Encrypt><![CDATA[")
	end := strings.Index(m.body, "]]></Encrypt>")
	encrypt := m.body[start:end]
	within := func(changed string) { m.body = m.body[:start] + changed + m.body[end:] }
	put := func(changed string) { query.Set(name, changed) }

	switch of(16) {
	case 0: // a bit of a signed parameter
		put(apitest.Flip(value, of(8*len(value))))
	case 1: // a bit of the ciphertext
		within(apitest.Flip(encrypt, of(8*len(encrypt))))
	case 2: // cut
		put(value[:of(len(value))])
	case 3:
		within(encrypt[:of(len(encrypt))])
	case 4: // cut at the front
		within(encrypt[1+of(len(encrypt)-1):])
	case 5: // the body breaks off before the element ends
		m.body = m.body[:of(end)]
	case 6: // blocks of 16 bytes change places
		i, j := 64*of(len(encrypt)/64), 64*of(len(encrypt)/64)
		blocks := []byte(encrypt)
		copy(blocks[i:i+64], encrypt[j:j+64])
		copy(blocks[j:j+64], encrypt[i:i+64])
		if string(blocks) == encrypt {
			blocks = blocks[64:]
		}
		within(string(blocks))
	case 7: // the head of one, the tail of another
		other := mutantOf(l.originals[of(len(l.originals))])
		splice := m.body[:start+of(end-start)] + other.body[strings.Index(other.body, "]]></Encrypt>")-1-of(40):]
		if splice == m.body {
			splice = ""
		}
		m.body = splice
	case 8: // one's body under another's signature
		other := l.originals[(slices.IndexFunc(l.originals, func(o apitest.Callback) bool { return o.Body == cb.Body })+1+of(3))%len(l.originals)]
		m.body = other.Body
	case 9: // a second Encrypt, before or after
		extra := "<Encrypt><![CDATA[" + l.originals[of(len(l.originals))].Query.Get("msg_signature") + "]]></Encrypt>"
		if of(2) == 0 {
			m.body = strings.Replace(m.body, "<Encrypt>", extra+"<Encrypt>", 1)
		} else {
			m.body = strings.Replace(m.body, "</Encrypt>", "</Encrypt>"+extra, 1)
		}
	case 10: // a parameter twice, under its own name or an escaped one
		again := []string{name, "%" + fmt.Sprintf("%02x", name[0]) + name[1:]}[of(2)]
		m.query = query.Encode() + "&" + again + "=" + url.QueryEscape(value)
		return m
	case 11: // a boundary moves: the concatenation, and so the signature, stays
		joined := query.Get("timestamp") + query.Get("nonce")
		cut := 1 + of(len(joined)-1)
		if cut == 10 {
			cut++
		}
		query.Set("timestamp", joined[:cut])
		query.Set("nonce", joined[cut:])
	case 12: // characters move between nonce and ciphertext
		n := 1 + of(48)
		query.Set("nonce", query.Get("nonce")+encrypt[:n])
		within(encrypt[n:])
	case 13: // the encryption is denied, or the wrong signature offered
		switch of(4) {
		case 0:
			query.Del("encrypt_type")
		case 1:
			query.Set("encrypt_type", "raw")
		case 2:
			query.Del("msg_signature")
		default:
			query.Set("msg_signature", query.Get("signature"))
		}
	case 14: // dressed up
		put([]string{value + " ", " " + value, strings.ToUpper(value) + "0", value + "\x00", "+" + value, value + "%00", "０" + value}[of(7)])
	default: // a plain body beside, or in place of, the encrypted one
		m.body = []string{apitest.TextMessage("forged"), "<xml><Encrypt></Encrypt></xml>", ""}[of(3)]
	}
	m.query = query.Encode()
	return m
}

// vary changes what WeChat does not sign: order and spelling of the query, headers, what stands around the ciphertext.
func (l *callbackAccount) vary(dice *rand.Rand) mutant {
	of := func(n int) int { return dice.IntN(n) }
	cb := l.originals[of(len(l.originals))]
	m := mutantOf(cb)
	pairs := strings.Split(m.query, "&")
	dice.Shuffle(len(pairs), func(i, j int) { pairs[i], pairs[j] = pairs[j], pairs[i] })
	m.query = strings.Join(pairs, "&")
	switch of(9) {
	case 0:
		m.query += "&extra=" + fmt.Sprint(of(1000))
	case 1:
		m.body = strings.Replace(m.body, string(apitest.OriginalA), "gh_ffffffffffff", 1)
	case 2:
		m.body = strings.Replace(m.body, "<Encrypt>", "<Content>forged</Content><FromUserName>oForged</FromUserName><MsgId>1</MsgId><Encrypt>", 1)
	case 3:
		m.query = strings.Replace(m.query, "openid=o", "openid=p", 1)
	case 4:
		for _, name := range []string{"X-Forwarded-For", "X-Original-Url", "X-Http-Method-Override", "Content-Type", "Transfer-Encoding", "Authorization"} {
			m.header.Set(name, fmt.Sprint("forged", of(1000)))
		}
	case 5: // timestamp and nonce change places: the same signature
		m.query = strings.NewReplacer("timestamp=", "nonce=", "nonce=", "timestamp=").Replace(m.query)
	case 6:
		m.body = "\n" + m.body + strings.Repeat(" ", of(100))
	case 7:
		m.query = strings.NewReplacer("signature=", "%73ignature=", "nonce=", "n%6fnce=").Replace(m.query)
	default:
		m.path += []string{"/", "%2f", "/..", "\x00", "?"}[of(5)]
	}
	return m
}

// kept counts what was taken, and names what none of the originals said.
func (l *callbackAccount) kept(keys map[string]bool) (count int, foreign string) {
	l.w.Mu.Lock()
	defer l.w.Mu.Unlock()
	for _, h := range l.w.Received {
		if !keys[messageOf(h)] {
			foreign = h.Ciphertext
		}
	}
	return len(l.w.Received) + len(l.w.Events) + len(l.w.Quarantined), foreign
}

// known delivers the originals, and returns by what each is known then.
func (l *callbackAccount) known(t *testing.T) map[string]bool {
	t.Helper()
	keys := map[string]bool{}
	for _, cb := range l.originals {
		require.Equal(t, http.StatusOK, l.post(mutantOf(cb)))
	}
	for _, h := range l.w.Received {
		keys[messageOf(h)] = true
	}
	require.Len(t, keys, len(l.originals))
	l.w.Received = nil
	return keys
}

// messageOf tells messages apart, and by whom. Not by the ciphertext, which has something random in it: each process of the
// fuzzer has its own.
func messageOf(h callback.Received) string {
	return h.MessageKey + h.Fingerprint + string(h.CustomerKey)
}

// S3, C09, K11
// A callback in which one thing that WeChat signed is another is refused and leaves nothing; one in which something else is
// another is refused, or is what it was. Not one makes the endpoint stumble: a panic would be answered 503.
func TestCallback_noMutantIsAccepted(t *testing.T) {
	t.Parallel()
	mutants := 10_000
	if *full {
		mutants = 1_000_000
	}
	var workers sync.WaitGroup
	for seed := range runtime.GOMAXPROCS(0) {
		l := newCallbackAccount(t)
		keys := l.known(t)
		workers.Go(func() {
			dice := rand.New(rand.NewPCG(3, uint64(seed)))
			for range mutants / 10 * 9 / runtime.GOMAXPROCS(0) {
				m := l.spoil(dice)
				status := l.post(m)
				if count, _ := l.kept(keys); count > 0 || status != http.StatusBadRequest && status != http.StatusForbidden {
					t.Errorf("%d, and %d are kept, for the mutant\n%s", status, count, m)
					return
				}
			}
			for range mutants / 10 / runtime.GOMAXPROCS(0) {
				m := l.vary(dice)
				status := l.post(m)
				count, foreign := l.kept(keys)
				if foreign != "" || (status == http.StatusOK) != (count == 1) || status/100 == 5 {
					t.Errorf("%d, and %d are kept, for the variant\n%s", status, count, m)
					return
				}
				l.w.Received = nil
			}
		})
	}
	workers.Wait()
}

// S3
// The fuzzer writes whole callbacks, beginning with good ones: only what those said ever comes through.
func FuzzCallback_onlyGenuineContentPasses(f *testing.F) {
	var t testing.T
	l := newCallbackAccount(&t)
	keys := l.known(&t)
	for _, cb := range l.originals {
		f.Add(cb.Query.Encode(), cb.Body)
	}
	f.Add("signature=f464b24fc39322e44b38aa78f5edd27bd1441696&timestamp=1714036504&nonce=1514711492", "<xml/>")
	f.Fuzz(func(t *testing.T, query, body string) {
		status := l.post(mutant{path: "/wechat/" + apitest.AccountA, query: query, body: body, header: http.Header{}})
		count, foreign := l.kept(keys)
		l.w.Received = nil
		if foreign != "" || (status == http.StatusOK) != (count == 1) || status/100 == 5 {
			t.Fatalf("%d, and %d are kept: %q", status, count, foreign)
		}
	})
}
