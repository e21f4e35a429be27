package postgres_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"wxdesk/internal/account"
	"wxdesk/internal/callback"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres/postgrestest"
	"wxdesk/internal/postgres/sealing"
	"wxdesk/internal/secret"
	"wxdesk/internal/wechat"
)

// K12
// Every stored secret, altered in one bit, cut, or taken from another row of the same column.
func TestSecrets_unavailableWhenAltered(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	other := postgrestest.SomeAccount()
	other.AppID = "wxfedcba9876543210"
	other, err := f.CreateAccount(t.Context(), postgrestest.CLI, other, postgrestest.SomeSecrets())
	require.NoError(t, err)
	ref, _, ids := f.Answered(t, "hi")
	turn := f.MustReceive(t, f.Batch(ref.Conversation, "li", postgrestest.Says("l2", "and you?"))).Receipts[0].MessageID
	second := f.Batch(postgrestest.NewConversation(), "wang", postgrestest.Says("w1", "me too"))
	f.MustReceive(t, second)
	ctx := t.Context()

	opened := func() error { _, err := f.CallbackAccount(ctx, f.TheAccount.ID); return err }
	keys := func() error { _, err := f.AccountKeys(ctx, postgrestest.Tenant, f.TheAccount.ID); return err }
	credentials := func() error { _, err := f.Credentials(ctx, postgrestest.Tenant, f.TheAccount.ID); return err }
	ask := func() error { _, err := f.Turn(ctx, ref); return err }
	send := func() error { // R28: the message fails, nothing else
		m, err := f.MarkSending(ctx, ref, uuid.NewString())
		f.Exec(t, `update deliveries set status = 'queued', attempts = 0, attempt_id = null`)
		if m.Status == conversation.DeliveryFailed && m.Reason == "unreadable" {
			return secret.ErrUnavailable
		}
		return err
	}
	ofAccount, ofSecret := "id = '"+string(f.TheAccount.ID)+"'", "account_id = '"+string(f.TheAccount.ID)+"'"
	for name, c := range map[string]struct {
		table, column, where, from string
		use                        func() error
	}{
		"id key of callbacks":  {"accounts", "id_key", ofAccount, "id = '" + string(other.ID) + "'", opened},
		"id key for Receive":   {"accounts", "id_key", ofAccount, "id = '" + string(other.ID) + "'", keys},
		"app secret":           {"accounts", "app_secret", ofAccount, "id = '" + string(other.ID) + "'", credentials},
		"token":                {"account_secrets", "sealed", ofSecret + " and purpose = 'token'", "account_id = '" + string(other.ID) + "' and purpose = 'token'", opened},
		"AES key":              {"account_secrets", "sealed", ofSecret + " and purpose = 'aes_key'", "account_id = '" + string(other.ID) + "' and purpose = 'aes_key'", keys},
		"AES key in a token":   {"account_secrets", "sealed", ofSecret + " and purpose = 'token'", ofSecret + " and purpose = 'aes_key'", opened},
		"data key":             {"customers", "data_key", "customer_key = 'key of li'", "customer_key = 'key of wang'", ask},
		"openid":               {"customers", "openid", "customer_key = 'key of li'", "customer_key = 'key of wang'", send},
		"text":                 {"messages", "body", "id = '" + string(turn) + "'", "id = '" + string(ids[0]) + "'", ask},
		"text of an answer":    {"messages", "body", "id = '" + string(ids[0]) + "'", "id = '" + string(turn) + "'", send},
		"app secret of a send": {"accounts", "app_secret", ofAccount, "id = '" + string(other.ID) + "'", send},
	} {
		var good, foreign []byte
		require.NoError(t, f.Raw.Get(&good, "select "+c.column+" from "+c.table+" where "+c.where), name)
		require.NoError(t, f.Raw.Get(&foreign, "select "+c.column+" from "+c.table+" where "+c.from), name)
		flipped := append([]byte{}, good...)
		flipped[len(flipped)/2] ^= 0x10
		for what, bad := range map[string][]byte{"bit": flipped, "cut": good[:len(good)-1], "empty": {}, "moved": foreign} {
			f.Exec(t, "update "+c.table+" set "+c.column+" = $1 where "+c.where, bad)
			require.ErrorIs(t, c.use(), secret.ErrUnavailable, "%s: %s", name, what)
		}
		f.Exec(t, "update "+c.table+" set "+c.column+" = $1 where "+c.where, good)
	}
	for _, use := range []func() error{opened, keys, credentials, ask, send} {
		require.NoError(t, use())
	}
}

// K12
func TestSecrets_unknownMasterKeyIsNamed(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	ring, err := secret.ParseKeyring(secret.NewMasterKey("other"))
	require.NoError(t, err)
	_, err = postgrestest.Open(t, f.DSN, ring).CallbackAccount(t.Context(), f.TheAccount.ID)
	require.ErrorIs(t, err, secret.ErrUnknownKey)
}

// K12
func TestSecrets_newOnesRepairTheAccount(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	f.Exec(t, `update account_secrets set sealed = '\x01'`)
	f.Exec(t, `update accounts set app_secret = '\x01'`)
	a := f.TheAccount
	a.Name = "Renamed"
	a, err := f.UpdateAccount(t.Context(), postgrestest.CLI, a, account.Secrets{})
	require.NoError(t, err, "what concerns no secret still works")
	_, err = f.UpdateAccount(t.Context(), postgrestest.CLI, a, postgrestest.SomeSecrets())
	require.NoError(t, err)

	opened, err := f.CallbackAccount(t.Context(), a.ID)
	require.NoError(t, err)
	require.Equal(t, []string{postgrestest.Token}, postgrestest.Reveal(opened.Tokens))
	keys, err := f.AccountKeys(t.Context(), postgrestest.Tenant, a.ID)
	require.NoError(t, err)
	require.Len(t, keys.Ciphers, 1)
	_, err = f.Credentials(t.Context(), postgrestest.Tenant, a.ID)
	require.NoError(t, err)
}

// K12
func TestMessages_readableBesideABrokenOne(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	id := postgrestest.NewConversation()
	got := f.MustReceive(t, f.Batch(id, "li", postgrestest.Says("k1", "one"), postgrestest.Says("k2", "two")))
	f.Exec(t, `update messages set body = '\x00' where id = $1`, got.Receipts[0].MessageID)
	lines, err := f.Messages(t.Context(), postgrestest.Everything, id, 0, 10)
	require.NoError(t, err)
	require.Equal(t, sealing.Unavailable, lines[0].Text)
	require.Equal(t, postgrestest.Canary+" two", lines[1].Text)
	c, err := f.Conversation(t.Context(), postgrestest.Everything, id)
	require.NoError(t, err)
	require.Equal(t, postgrestest.Canary+" two", c.Last.Text)

	f.Exec(t, `update customers set data_key = ''`) // as erasure does
	lines, err = f.Messages(t.Context(), postgrestest.Everything, id, 0, 10)
	require.NoError(t, err)
	require.Equal(t, sealing.Unavailable, lines[1].Text)
	c, err = f.Conversation(t.Context(), postgrestest.Everything, id)
	require.NoError(t, err)
	require.Equal(t, sealing.Unavailable, c.Customer.OpenID)
	require.Equal(t, sealing.Unavailable, c.Last.Text)
}

// K14
func TestSealPlain_differsEachTime(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	h := callback.Received{Tenant: postgrestest.Tenant, AccountID: f.TheAccount.ID, DeliveryID: uuid.NewString()}
	require.NotEqual(t, f.SealPlain(h, []byte("x")), f.SealPlain(h, []byte("x")))
}

func TestSealPlain_opensForTheSameDeliveryOnly(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	h := callback.Received{Tenant: postgrestest.Tenant, AccountID: f.TheAccount.ID, DeliveryID: uuid.NewString()}
	h.Ciphertext = f.SealPlain(h, []byte("<xml/>"))
	plain, err := f.OpenPlain(h)
	require.NoError(t, err)
	require.Equal(t, "<xml/>", string(plain))

	for _, change := range []func(*callback.Received){
		func(h *callback.Received) { h.Tenant = "other" },
		func(h *callback.Received) { h.AccountID = conversation.AccountID(uuid.NewString()) },
		func(h *callback.Received) { h.DeliveryID = uuid.NewString() },
		func(h *callback.Received) { h.Ciphertext = h.Ciphertext[:20] },
		func(h *callback.Received) { h.Ciphertext = "not base64" },
		func(h *callback.Received) { h.Ciphertext = "" },
	} {
		changed := h
		change(&changed)
		_, err := f.OpenPlain(changed)
		require.ErrorIs(t, err, secret.ErrUnavailable)
	}
}

func TestUpdateAccount_newAppIDForgetsTheToken(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	f.Exec(t, `insert into access_tokens (tenant, account_id) select tenant, id from accounts`)
	a := f.TheAccount
	a.AppID = wechat.AppID("wxfedcba9876543210")
	_, err := f.UpdateAccount(t.Context(), postgrestest.CLI, a, account.Secrets{})
	require.NoError(t, err)
	require.Equal(t, 0, f.Count(t, "access_tokens", "true"))
}
