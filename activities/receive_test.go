package activities_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"wxdesk/activities"
	"wxdesk/internal/callback"
	"wxdesk/internal/conversation"
	"wxdesk/internal/secret"
	"wxdesk/internal/wechat"
)

// xmlOf is a message of the customer; members are XML after MsgType's.
func xmlOf(msgType, members string) string {
	return fmt.Sprintf("<xml><ToUserName>%s</ToUserName><FromUserName>%s</FromUserName><CreateTime>1800000000</CreateTime>"+
		"<MsgType>%s</MsgType>%s</xml>", original, customer, msgType, members)
}

func text(content string) string {
	return xmlOf("text", "<Content><![CDATA["+content+"]]></Content><MsgId>23893347810211482</MsgId>")
}

// handedOver is a callback with a message, as the callback endpoint hands it over.
func handedOver(t *testing.T, xml string) activities.Callback {
	t.Helper()
	cb := sealed(t, xml, newCipher(t, aesKey, app))
	if m, err := wechat.ReadInbound([]byte(xml)); err == nil {
		cb.MessageKey = wechat.MessageKey(idKey(), string(accountID), m)
	}
	return cb
}

func sealed(t *testing.T, xml string, c *wechat.Cipher) activities.Callback {
	t.Helper()
	encrypt, err := c.Seal([]byte(xml))
	require.NoError(t, err)
	return activities.Callback{
		DeliveryID: uuid.NewString(), MessageKey: "some key", KeyID: keyID, Ciphertext: string(encrypt),
		ReceivedAt: time.Unix(1_800_000_005, 0).UTC(),
	}
}

func batchOf(callbacks ...activities.Callback) activities.ReceiveInput {
	return activities.ReceiveInput{
		Where: where, AccountID: accountID, CustomerKey: conversation.CustomerKey(wechat.CustomerKey(idKey(), customer)),
		WorkflowID: "conversation/a/b", Callbacks: callbacks,
	}
}

func receive(t *testing.T, l *ledger, in activities.ReceiveInput) (activities.ReceiveResult, error) {
	t.Helper()
	l.t = t
	a := &activities.Activities{Ledger: ledgerOf(l)}
	return perform[activities.ReceiveResult](t, a, a.Receive, in)
}

// arrivalOf receives one message and returns what the ledger got, and whether it wants an answer.
func arrivalOf(t *testing.T, xml string) (a callback.Arrival, wants bool) {
	t.Helper()
	l := &ledger{}
	got, err := receive(t, l, batchOf(handedOver(t, xml)))
	require.NoError(t, err)
	require.Equal(t, 1, got.Lines)
	a = l.batches[0].Arrivals[0]
	return a, a.WantsAnswer()
}

func fieldsOf(t *testing.T, a callback.Arrival) (fields map[string]string) {
	t.Helper()
	require.NoError(t, json.Unmarshal(a.Fields, &fields))
	return fields
}

func TestReceive_opensAndReadsAMessage(t *testing.T) {
	t.Parallel()
	a, wants := arrivalOf(t, text("你好"))
	require.Equal(t, "你好", a.Text)
	require.Equal(t, "text", a.Kind)
	require.Equal(t, customer, a.OpenID)
	require.Equal(t, conversation.TriggerMessage, a.Trigger)
	require.Equal(t, callback.Fingerprint(idKey(), []byte(text("你好"))), a.Fingerprint)
	require.Equal(t, time.Unix(1_800_000_000, 0).UTC(), a.SaidAt)
	require.Equal(t, time.Unix(1_800_000_005, 0).UTC(), a.ReceivedAt)
	require.Empty(t, a.Ciphertext)
	require.True(t, wants)
}

func TestReceive_lineKeepsItsTrace(t *testing.T) {
	t.Parallel()
	cb := handedOver(t, text("hi"))
	cb.Traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	l := &ledger{}
	_, err := receive(t, l, batchOf(cb))
	require.NoError(t, err)
	require.Equal(t, cb.Traceparent, l.batches[0].Arrivals[0].Traceparent)
}

func TestReceive_opensWhatTheEndpointSealed(t *testing.T) {
	t.Parallel()
	cb := handedOver(t, text("hi"))
	cb.KeyID, cb.Ciphertext = "", "sealed by the endpoint"
	l := &ledger{openPlain: func(h callback.Received) ([]byte, error) {
		require.Equal(t, callback.Received{
			Tenant: conversation.DefaultTenant, AccountID: accountID, DeliveryID: cb.DeliveryID, Ciphertext: "sealed by the endpoint",
		}, h)
		return []byte(text("hi")), nil
	}}
	_, err := receive(t, l, batchOf(cb))
	require.NoError(t, err)
	require.Equal(t, "hi", l.batches[0].Arrivals[0].Text)
}

// K03, K08, K09, X01, X12, X13
func TestReceive_quarantinesTheUntrusted(t *testing.T) {
	t.Parallel()
	change := func(cb activities.Callback, spoil func(*activities.Callback)) activities.Callback {
		spoil(&cb)
		return cb
	}
	for name, c := range map[string]struct {
		callback activities.Callback
		reason   string
	}{
		"of another customer":         {handedOver(t, strings.ReplaceAll(text("hi"), customer, "oSomebodyElse")), "other-customer"},
		"X13 for another account":     {handedOver(t, strings.ReplaceAll(text("hi"), string(original), "gh_ffffffffffff")), "other-account"},
		"under another message key":   {change(handedOver(t, text("hi")), func(cb *activities.Callback) { cb.MessageKey = "another" }), "other-message-key"},
		"K09 under a foreign key":     {sealed(t, text("hi"), newCipher(t, otherKey, app)), "undecipherable"},
		"K08 for another AppID":       {sealed(t, text("hi"), newCipher(t, aesKey, "wx00000000000000bb")), "undecipherable"},
		"with an id of no key":        {change(handedOver(t, text("hi")), func(cb *activities.Callback) { cb.KeyID = uuid.NewString() }), "unknown-account-key"},
		"K03 not even base64":         {change(handedOver(t, text("hi")), func(cb *activities.Callback) { cb.Ciphertext = "!" }), "undecipherable"},
		"X01 not the XML of WeChat":   {sealed(t, "<!DOCTYPE xml>"+text("hi"), newCipher(t, aesKey, app)), "unreadable"},
		"X12 without a sender":        {sealed(t, strings.ReplaceAll(text("hi"), customer, ""), newCipher(t, aesKey, app)), "unreadable"},
		"X12 with a path as a sender": {sealed(t, strings.ReplaceAll(text("hi"), customer, "o/../x"), newCipher(t, aesKey, app)), "unreadable"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := &ledger{}
			good := handedOver(t, text("the next one"))
			got, err := receive(t, l, batchOf(c.callback, good))
			require.NoError(t, err)
			require.Equal(t, 1, got.Lines, "the next one goes on")
			require.Equal(t, callback.Arrival{
				DeliveryID: c.callback.DeliveryID, MessageKey: c.callback.MessageKey, ReceivedAt: c.callback.ReceivedAt,
				Quarantine: c.reason, Ciphertext: c.callback.Ciphertext, KeyID: c.callback.KeyID,
			}, l.batches[0].Arrivals[0], "nothing of it is believed")
		})
	}
}

// K12
func TestReceive_quarantinesABrokenSeal(t *testing.T) {
	t.Parallel()
	cb := handedOver(t, text("hi"))
	cb.KeyID = ""
	l := &ledger{openPlain: func(callback.Received) ([]byte, error) { return nil, secret.ErrUnavailable }}
	_, err := receive(t, l, batchOf(cb))
	require.NoError(t, err)
	require.Equal(t, "undecipherable", l.batches[0].Arrivals[0].Quarantine)
}

// R14, X23
func TestReceive_panicIsTriedFiveTimes(t *testing.T) {
	t.Parallel()
	for panics := range 5 {
		l := &ledger{openPlain: func(callback.Received) ([]byte, error) { panic("what the customer said") }}
		bad := handedOver(t, text("boom"))
		bad.KeyID, bad.Panics = "", panics
		before, after := handedOver(t, text("before")), handedOver(t, text("after"))
		got, err := receive(t, l, batchOf(before, bad, after))
		require.NoError(t, err)
		require.Equal(t, 2, got.Lines)
		if panics < 4 {
			require.Equal(t, []int{1}, got.Panicked)
			require.Len(t, l.batches[0].Arrivals, 2, "worth another try")
			continue
		}
		require.Empty(t, got.Panicked)
		require.Equal(t, "panics", l.batches[0].Arrivals[1].Quarantine)
	}
}

// X21
func TestReceive_ownEchoIsNotAnswered(t *testing.T) {
	t.Parallel()
	xml := strings.ReplaceAll(text("we wrote this"), customer, string(original))
	in := batchOf(handedOver(t, xml))
	in.CustomerKey = conversation.CustomerKey(wechat.CustomerKey(idKey(), wechat.OpenID(original)))
	l := &ledger{}
	got, err := receive(t, l, in)
	require.NoError(t, err)
	require.True(t, l.batches[0].Arrivals[0].Echo)
	require.Equal(t, "we wrote this", l.batches[0].Arrivals[0].Text)
	require.Equal(t, 1, got.Lines)
	require.False(t, l.batches[0].Arrivals[0].WantsAnswer())
}

// X15
func TestReceive_blankTextIsNotAnswered(t *testing.T) {
	t.Parallel()
	for _, content := range []string{"", " \t\n", "\u3000", "\u200b\u200d\ufeff", "\u2800"} {
		a, wants := arrivalOf(t, text(content))
		require.Equal(t, content, a.Text)
		require.False(t, wants, "%q", content)
	}
}

// R22, C06
func TestReceive_staleMessageIsNotAnswered(t *testing.T) {
	t.Parallel()
	cb := handedOver(t, text("old news"))
	cb.Stale = true
	l := &ledger{}
	got, err := receive(t, l, batchOf(cb))
	require.NoError(t, err)
	require.True(t, l.batches[0].Arrivals[0].Stale)
	require.Equal(t, 1, got.Lines)
	require.False(t, l.batches[0].Arrivals[0].WantsAnswer())
}

// X14, ACC-5
func TestReceive_storesUnknownKinds(t *testing.T) {
	t.Parallel()
	a, wants := arrivalOf(t, xmlOf("hologram", "<MsgId>7</MsgId><Depth><Layer>3</Layer></Depth>"))
	require.Equal(t, "hologram", a.Kind)
	require.Empty(t, a.Text)
	require.Equal(t, map[string]string{"MsgId": "7", "Depth/Layer": "3"}, fieldsOf(t, a))
	require.True(t, wants, "whoever sends one waits for an answer")

	a, wants = arrivalOf(t, xmlOf("event", "<Event>pic_hologram</Event><EventKey>menu</EventKey>"))
	require.Equal(t, "pic_hologram", a.Kind)
	require.True(t, a.IsEvent)
	require.Equal(t, map[string]string{"EventKey": "menu"}, fieldsOf(t, a))
	require.False(t, wants)
}

// X11
func TestReceive_keepsOddCreateTimeAsText(t *testing.T) {
	t.Parallel()
	for _, odd := range []string{"0", "-1", "253402300799", "yesterday", "1e9"} {
		a, wants := arrivalOf(t, strings.Replace(text("hi"), "1800000000", odd, 1))
		require.True(t, a.SaidAt.IsZero(), odd)
		require.Equal(t, time.Unix(1_800_000_005, 0).UTC(), a.ReceivedAt)
		require.Equal(t, odd, fieldsOf(t, a)["CreateTime"])
		require.True(t, wants)
	}
}

// X09
func TestReceive_messageIDsStayText(t *testing.T) {
	t.Parallel()
	keys := map[string]string{}
	for _, id := range []string{"1", "99999999999999999999", "-5", "0x10"} {
		a, _ := arrivalOf(t, xmlOf("text", "<Content>hi</Content><MsgId>"+id+"</MsgId>"))
		require.Equal(t, id, fieldsOf(t, a)["MsgId"])
		require.NotContains(t, keys, a.MessageKey)
		keys[a.MessageKey] = id
	}
}

// X10
func TestReceive_keepsTwoEventsOfOneSecond(t *testing.T) {
	t.Parallel()
	l := &ledger{}
	got, err := receive(t, l, batchOf(
		handedOver(t, xmlOf("event", "<Event>CLICK</Event><EventKey>a</EventKey>")),
		handedOver(t, xmlOf("event", "<Event>CLICK</Event><EventKey>b</EventKey>")),
	))
	require.NoError(t, err)
	require.NotEqual(t, l.batches[0].Arrivals[0].MessageKey, l.batches[0].Arrivals[1].MessageKey)
	require.Equal(t, 2, got.Lines)
}

// X16, X17, ACC-4
func TestReceive_keepsTextExactly(t *testing.T) {
	t.Parallel()
	for _, content := range []string{
		strings.Repeat("長", 21_000), strings.Repeat("😀", 20_000), "e" + strings.Repeat("\u0301", 500), "\u202egnp.exe",
		"<script>alert(1)</script>", "[x](javascript:alert(1))", "{{.}} %s%n ${jndi:ldap://x}", "'; drop table messages; --",
	} {
		a, wants := arrivalOf(t, text(content))
		require.Equal(t, content, a.Text)
		require.True(t, wants)
	}
}

// X18
func TestReceive_badLocationStaysText(t *testing.T) {
	t.Parallel()
	a, wants := arrivalOf(t, xmlOf("location", "<Location_X>NaN</Location_X><Location_Y>1e999</Location_Y><Scale>huge</Scale>"+
		"<Label><![CDATA[<b>here</b>]]></Label><MsgId>1</MsgId>"))
	require.Equal(t, map[string]string{
		"Location_X": "NaN", "Location_Y": "1e999", "Scale": "huge", "Label": "<b>here</b>", "MsgId": "1",
	}, fieldsOf(t, a))
	require.True(t, wants)
}

// X19, X20
func TestReceive_linksStayText(t *testing.T) {
	t.Parallel()
	for _, link := range []string{"javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "https://аррle.com/", "http://10.0.0.1/"} {
		a, _ := arrivalOf(t, xmlOf("link", "<Title>t</Title><Url><![CDATA["+link+"]]></Url><MsgId>1</MsgId>"))
		require.Equal(t, link, fieldsOf(t, a)["Url"])
		require.Empty(t, a.Text)
		a, _ = arrivalOf(t, xmlOf("image", "<PicUrl><![CDATA["+link+"]]></PicUrl><MediaId>m</MediaId><MsgId>1</MsgId>"))
		require.Equal(t, link, fieldsOf(t, a)["PicUrl"])
	}
}

// C10, C11
func TestReceive_countsNewLinesOnly(t *testing.T) {
	t.Parallel()
	l := &ledger{receive: func(callback.Batch) (callback.Result, error) {
		return callback.Result{
			Receipts: []callback.Receipt{
				{Outcome: callback.ReceiptRepeat}, {Outcome: callback.ReceiptQuarantined}, {Outcome: callback.ReceiptNoted},
			},
			Begun: true, IdleClose: time.Hour, Situation: stands,
		}, nil
	}}
	got, err := receive(t, l, batchOf(
		handedOver(t, text("C10 again")), handedOver(t, text("C11 other content")), handedOver(t, xmlOf("event", "<Event>unsubscribe</Event>")),
	))
	require.NoError(t, err)
	require.Equal(t, activities.ReceiveResult{
		Begun: true, IdleClose: time.Hour, Result: activities.Result{Logic: activities.Logic, Situation: stands},
	}, got)
}

func TestReceive_endingLeavesLinesToTheNext(t *testing.T) {
	t.Parallel()
	l := &ledger{receive: func(callback.Batch) (callback.Result, error) {
		return callback.Result{Situation: stands, Ending: true, Begun: true}, nil
	}}
	got, err := receive(t, l, batchOf(handedOver(t, text("hi"))))
	require.NoError(t, err)
	require.True(t, got.Ending)
	require.Zero(t, got.Lines)
}

// R28
func TestReceive_quarantinesUnreadWhatIsMarked(t *testing.T) {
	t.Parallel()
	l := &ledger{} // asking it for the keys is not needed
	bad := handedOver(t, text("hi"))
	bad.Quarantine = "receive-broken"
	_, err := receive(t, l, batchOf(bad, handedOver(t, text("next"))))
	require.NoError(t, err)
	require.Equal(t, "receive-broken", l.batches[0].Arrivals[0].Quarantine)
	require.Empty(t, l.batches[0].Arrivals[1].Quarantine)
}

func TestReceive_waitsForAnUnknownMasterKey(t *testing.T) {
	t.Parallel()
	cb := handedOver(t, text("hi"))
	cb.KeyID = ""
	l := &ledger{openPlain: func(callback.Received) ([]byte, error) { return nil, secret.ErrUnknownKey }}
	_, err := receive(t, l, batchOf(cb))
	require.Error(t, err)
	require.Equal(t, activities.Away, activities.ClassOf(err), "a rollout is under way")
	require.Empty(t, l.batches)
}

func TestReceive_failsWhereTheLedgerDoes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		received callback.Result
		err      error
		class    activities.Class
	}{
		"a closed conversation":    {err: conversation.ErrClosed, class: activities.Refused},
		"a ledger out of reach":    {err: errAway, class: activities.Away},
		"receipts that do not fit": {received: callback.Result{}, class: activities.Broken},
	} {
		t.Run(name, func(t *testing.T) {
			l := &ledger{receive: func(callback.Batch) (callback.Result, error) { return c.received, c.err }}
			_, err := receive(t, l, batchOf(handedOver(t, text("hi"))))
			require.Error(t, err)
			require.Equal(t, c.class, activities.ClassOf(err))
		})
	}
}
