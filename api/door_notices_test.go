package api_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/api"
	"wxdesk/internal/conversation"
	"wxdesk/internal/wechat"
)

func TestNotices_areKeptOnceInAWhileAndAtOnceWhereSomethingChanges(t *testing.T) {
	t.Parallel()
	w, g := newWorld(), newGate(t, wechat.ModeSafe)
	g.in(w)
	var clock atomic.Int64
	clock.Store(time.Now().UnixNano())
	cfg := w.config()
	cfg.Now = func() time.Time { return time.Unix(0, clock.Load()) }
	h := api.New(cfg).Handler()

	good, bad := g.says(message("hi")), g.signed(sealedWith(t, strings.Repeat("x", 43)))
	for _, step := range []struct {
		callback callback
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
		before := w.noted
		requireText(t, step.callback.post(t, h), http.StatusOK, "success")
		require.Equal(t, step.writes, w.noted-before, step)
	}
}

func TestNotices_aFloodOfChangesIsBounded(t *testing.T) {
	t.Parallel()
	w, g := newWorld(), newGate(t, wechat.ModeSafe)
	h := g.in(w)
	good, bad := g.says(message("hi")), g.says(message("hi"))
	bad.query.Set("msg_signature", strings.Repeat("0", 40))
	for range 100 {
		good.post(t, h)
		bad.post(t, h)
	}
	require.LessOrEqual(t, w.noted, 60)
}

func TestNotices_sayNothingOfWhatCouldNotBeKept(t *testing.T) {
	t.Parallel()
	w, g := newWorld(), newGate(t, wechat.ModeSafe)
	h := g.in(w)
	for _, spoil := range []func(cb *callback){
		func(cb *callback) { cb.query.Del("nonce") },
		func(cb *callback) { cb.query.Set("openid", "oXXXXbbbbccccddddeeeeffff-_1") },
		func(cb *callback) { cb.body = "hello" },
		func(cb *callback) { cb.account = accountB },
	} {
		cb := g.says(message("hi"))
		spoil(&cb)
		cb.post(t, h)
	}
	require.Empty(t, w.notices)
}

func TestNotice_isOfTheSignatureOrOfWhatIsInside(t *testing.T) {
	t.Parallel()
	require.True(t, conversation.NoticeTokenForeign.OfSignature())
	require.False(t, conversation.NoticeKeyForeign.OfSignature())
}
