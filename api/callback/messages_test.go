package callback_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/api/apitest"
	"wxdesk/internal/callback"
	"wxdesk/internal/wechat"
)

// K01
func TestEndpoint_acceptsKeysWithSpareBits(t *testing.T) {
	t.Parallel()
	// The last of 43 characters has two bits that no key byte holds: E, F, G and H are the same key.
	for _, last := range []string{"E", "F", "G", "H"} {
		key := apitest.KeyA[:42] + last
		apitest.CreateAccount(t, apitest.NewWorld().Handler(), map[string]any{"encoding_aes_key": key})
		w, g := apitest.NewWorld(), apitest.NewWeChat(t, wechat.ModeSafe)
		g.Keys[0].Cipher = apitest.NewCipher(t, key, apitest.AppA)
		h := g.In(w)
		cb := g.Signed(apitest.SealedWith(t, apitest.KeyA))
		apitest.RequireText(t, cb.Post(t, h), http.StatusOK, "success")
		require.Len(t, w.Received, 1)
	}
}

// K10
func TestEndpoint_replacedTokenSignsInEveryMode(t *testing.T) {
	t.Parallel()
	for _, mode := range []wechat.Mode{wechat.ModeSafe, wechat.ModeCompatible, wechat.ModePlain} {
		w, g := apitest.NewWorld(), apitest.NewWeChat(t, mode)
		h := g.In(w)
		cb := g.Says(apitest.TextMessage("hi"))
		timestamp := cb.Query.Get("timestamp")
		cb.Query.Set("signature", wechat.Signature("replacedToken", timestamp, apitest.Nonce))
		if mode.Encrypted() {
			cb.Query.Set("msg_signature", wechat.Signature("replacedToken", timestamp, apitest.Nonce, cb.Encrypt(t)))
		}
		apitest.RequireText(t, cb.Post(t, h), http.StatusOK, "success")
		require.Len(t, w.Received, 1)
		answer := apitest.CheckServerURL(g, h, func(cb *apitest.Callback) {
			cb.Query.Set("signature", wechat.Signature("replacedToken", cb.Query.Get("timestamp"), apitest.Nonce))
		})
		require.Equal(t, http.StatusOK, answer.Code, "the check of the server URL too")
	}
}

// X11, X14, X15, X16, X18, X20, X21
// What is odd but readable is durable and answered; what it means is for Receive to say.
func TestEndpoint_acceptsOddMessages(t *testing.T) {
	t.Parallel()
	text := func(old, replacement string) string {
		return strings.Replace(apitest.TextMessage("hi"), old, replacement, 1)
	}
	id := func(value string) string { return text("<MsgId>23893347810211482</MsgId>", "<MsgId>"+value+"</MsgId>") }
	event := func(members string) string {
		return strings.NewReplacer("[text]", "[event]", "<MsgId>23893347810211482</MsgId>", members).Replace(apitest.TextMessage(""))
	}
	keys := map[string]string{}
	for name, xml := range map[string]string{
		"X11 CreateTime 0":     strings.Replace(id("11"), "1800000000", "0", 1),
		"X11 CreateTime text":  strings.Replace(id("12"), "1800000000", "yesterday", 1),
		"X14 unknown MsgType":  strings.Replace(id("14"), "[text]", "[hologram]", 1),
		"X14 unknown menu act": event("<Event>pic_hologram</Event><EventKey>k</EventKey>"),
		"X15 blank":            strings.Replace(id("15"), "[hi]", "[\u200b \u3000]", 1),
		"X16 64 KB":            strings.Replace(id("16"), "[hi]", "["+strings.Repeat("長", 21_000)+"]", 1),
		"X18 location of none": strings.Replace(id("18"), "[text]", "[location]", 1),
		"X20 link to a script": strings.NewReplacer("[text]", "[link]", "</xml>", "<Url>javascript:alert(1)</Url></xml>").Replace(id("20")),
		"X21 our own echo":     strings.Replace(id("21"), apitest.Customer, string(apitest.OriginalA), 1),
	} {
		w, g := apitest.NewWorld(), apitest.NewWeChat(t, wechat.ModeSafe)
		h := g.In(w)
		cb := g.Says(xml)
		cb.Query.Del("openid")
		apitest.RequireText(t, cb.Post(t, h), http.StatusOK, "success")
		require.Len(t, w.Received, 1, name)
		require.Empty(t, w.Quarantined, name)
		key := w.Received[0].MessageKey
		require.NotContains(t, keys, key, "%s shares its key with %s", name, keys[key])
		keys[key] = name
	}
}

// X09
func TestEndpoint_oddMessageIDsShareNoKey(t *testing.T) {
	t.Parallel()
	const element = "<MsgId>23893347810211482</MsgId>"
	w, g := apitest.NewWorld(), apitest.NewWeChat(t, wechat.ModeSafe)
	h := g.In(w)
	hands := func(xml string) (key string) {
		cb := g.Says(xml)
		cb.Query.Del("openid")
		apitest.RequireText(t, cb.Post(t, h), http.StatusOK, "success")
		last := w.Received[len(w.Received)-1]
		opened, err := g.Keys[0].Cipher.Open([]byte(last.Ciphertext))
		require.NoError(t, err)
		require.Equal(t, xml, string(opened), "as it was written")
		return last.MessageKey
	}
	keys := map[string]string{hands(apitest.TextMessage("hi")): "good"}
	for name, row := range map[string]struct {
		element string
		counts  bool // the MsgId alone tells one message from another
	}{
		"0":         {"<MsgId>0</MsgId>", false},
		"00":        {"<MsgId>00</MsgId>", false},
		"spaced 0":  {"<MsgId> 0 </MsgId>", false},
		"empty":     {"<MsgId></MsgId>", false},
		"spaces":    {"<MsgId>  </MsgId>", false},
		"none":      {"", false},
		"negative":  {"<MsgId>-1</MsgId>", true},
		"hex":       {"<MsgId>0x10</MsgId>", true},
		"20 digits": {"<MsgId>99999999999999999999</MsgId>", true},
		"spaced":    {"<MsgId> 23893347810211482 </MsgId>", true},
	} {
		odd := strings.Replace(apitest.TextMessage("hi"), element, row.element, 1)
		key := hands(odd)
		require.Equal(t, key, hands(odd), "%s: WeChat's repeat is known", name)
		require.Equal(t, row.counts, key == hands(strings.Replace(odd, "[hi]", "[ho]", 1)), "%s: other words", name)
		require.Equal(t, row.counts, key == hands(strings.Replace(odd, "1800000000", "1800000001", 1)), "%s: another second", name)
		require.NotEqual(t, key, hands(strings.Replace(odd, apitest.Customer, "oBBBBbbbbccccddddeeeeffff-_1", 1)), "%s: another customer", name)
		if row.counts {
			require.NotContains(t, keys, key, "%s shares its key with %s", name, keys[key])
			keys[key] = name
		}
	}
	require.Empty(t, w.Quarantined)
}

// X14
func TestEndpoint_recordsUnknownEvents(t *testing.T) {
	t.Parallel()
	w, g := apitest.NewWorld(), apitest.NewWeChat(t, wechat.ModeSafe)
	h := g.In(w)
	cb := g.Says(strings.NewReplacer("[text]", "[event]", "<MsgId>23893347810211482</MsgId>", "<Event>party_started</Event>").Replace(apitest.TextMessage("")))
	apitest.RequireText(t, cb.Post(t, h), http.StatusOK, "success")
	require.Len(t, w.Events, 1)
	require.Equal(t, "party_started", w.Events[0].Kind)
}

// X10
func TestEndpoint_takesTwoEventsOfOneSecond(t *testing.T) {
	t.Parallel()
	w, g := apitest.NewWorld(), apitest.NewWeChat(t, wechat.ModeSafe)
	h := g.In(w)
	for _, key := range []string{"a", "b"} {
		cb := g.Says(strings.NewReplacer("[text]", "[event]", "<MsgId>23893347810211482</MsgId>",
			"<Event>CLICK</Event><EventKey>"+key+"</EventKey>").Replace(apitest.TextMessage("")))
		apitest.RequireText(t, cb.Post(t, h), http.StatusOK, "success")
	}
	require.NotEqual(t, w.Received[0].MessageKey, w.Received[1].MessageKey)
}

// C10
func TestEndpoint_fourRepeatsAtTwoInstances(t *testing.T) {
	t.Parallel()
	w, g := apitest.NewWorld(), apitest.NewWeChat(t, wechat.ModeSafe)
	instances := []http.Handler{g.In(w), w.Handler()}
	cb := g.Says(apitest.TextMessage("hi"))
	done := make(chan int)
	for i := range 4 {
		go func() { done <- cb.Post(t, instances[i%2]).Code }()
	}
	for range 4 {
		require.Equal(t, http.StatusOK, <-done)
	}
	keys := map[string]callback.Received{}
	for _, received := range w.Received {
		keys[received.MessageKey] = received
	}
	require.Len(t, keys, 1, "by which the conversation knows the repeats")
}
