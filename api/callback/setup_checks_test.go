package callback_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/api"
	"wxdesk/api/apitest"
	"wxdesk/internal/callback"
	"wxdesk/internal/wechat"
)

func TestCallbackRecords_writtenRarelyOrOnChange(t *testing.T) {
	t.Parallel()
	w, g := apitest.NewWorld(), apitest.NewWeChat(t, wechat.ModeSafe)
	g.In(w)
	var clock atomic.Int64
	clock.Store(time.Now().UnixNano())
	cfg := w.Config()
	cfg.Now = func() time.Time { return time.Unix(0, clock.Load()) }
	h := api.New(cfg).Handler()

	good, bad := g.Says(apitest.TextMessage("hi")), g.Signed(apitest.SealedWith(t, strings.Repeat("x", 43)))
	for _, step := range []struct {
		callback apitest.Callback
		after    time.Duration
		writes   int
	}{
		{good, 0, 1},
		{good, 9 * time.Second, 0},
		{good, 2 * time.Second, 1},
		{bad, 0, 1},
		{good, 0, 1},
		{bad, 0, 1},
		{bad, 2 * time.Second, 0},
		{bad, 9 * time.Second, 1},
	} {
		clock.Add(int64(step.after))
		before := w.Noted
		apitest.RequireText(t, step.callback.Post(t, h), http.StatusOK, "success")
		require.Equal(t, step.writes, w.Noted-before, step)
	}
}

func TestCallbackRecords_boundedInAFlood(t *testing.T) {
	t.Parallel()
	w, g := apitest.NewWorld(), apitest.NewWeChat(t, wechat.ModeSafe)
	h := g.In(w)
	good, bad := g.Says(apitest.TextMessage("hi")), g.Says(apitest.TextMessage("hi"))
	bad.Query.Set("msg_signature", strings.Repeat("0", 40))
	for range 100 {
		good.Post(t, h)
		bad.Post(t, h)
	}
	require.LessOrEqual(t, w.Noted, 60)
}

func TestCallbackRecords_notForRefusedCallbacks(t *testing.T) {
	t.Parallel()
	w, g := apitest.NewWorld(), apitest.NewWeChat(t, wechat.ModeSafe)
	h := g.In(w)
	for _, spoil := range []func(cb *apitest.Callback){
		func(cb *apitest.Callback) { cb.Query.Del("nonce") },
		func(cb *apitest.Callback) { cb.Query.Set("openid", "oXXXXbbbbccccddddeeeeffff-_1") },
		func(cb *apitest.Callback) { cb.Body = "hello" },
		func(cb *apitest.Callback) { cb.Account = apitest.AccountB },
	} {
		cb := g.Says(apitest.TextMessage("hi"))
		spoil(&cb)
		cb.Post(t, h)
	}
	require.Empty(t, w.Recorded)
}

func TestCallbackRecord_ofSignatureOrContent(t *testing.T) {
	t.Parallel()
	require.True(t, callback.RecordTokenForeign.OfSignature())
	require.False(t, callback.RecordKeyForeign.OfSignature())
}
