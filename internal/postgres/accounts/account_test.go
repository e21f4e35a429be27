package accounts_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"wxdesk/internal/access"
	"wxdesk/internal/account"
	"wxdesk/internal/bot"
	"wxdesk/internal/callback"
	"wxdesk/internal/command"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/postgrestest"
	"wxdesk/internal/routing"
	"wxdesk/internal/secret"
	"wxdesk/internal/wechat"
)

func TestCreateAccount_endpointAndSendingWork(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	opened, err := f.CallbackAccount(t.Context(), f.TheAccount.ID)
	require.NoError(t, err)
	require.Equal(t, f.TheAccount, opened.Account)
	require.Equal(t, int64(1), opened.Version)
	require.Equal(t, []string{postgrestest.Token}, postgrestest.Reveal(opened.Tokens))
	require.Len(t, opened.IDKey, 32)
	require.Len(t, opened.Keys, 1)

	sealed, err := opened.Keys[0].Cipher.Seal([]byte("hello"))
	require.NoError(t, err)
	keys, err := f.AccountKeys(t.Context(), postgrestest.Tenant, f.TheAccount.ID)
	require.NoError(t, err)
	require.Equal(t, opened.IDKey, keys.IDKey)
	require.Equal(t, f.TheAccount.AppID, keys.AppID)
	require.Equal(t, f.TheAccount.OriginalID, keys.OriginalID)
	plain, err := keys.Ciphers[opened.Keys[0].ID].Open(sealed)
	require.NoError(t, err)
	require.Equal(t, "hello", string(plain))

	credentials, err := f.Credentials(t.Context(), postgrestest.Tenant, f.TheAccount.ID)
	require.NoError(t, err)
	require.Equal(t, postgrestest.AppSecret, credentials.AppSecret.Reveal())
}

func TestCreateAccount_refusesTheSameAppID(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	_, err := f.CreateAccount(t.Context(), postgrestest.CLI, postgrestest.SomeAccount(), postgrestest.SomeSecrets())
	require.ErrorIs(t, err, conversation.ErrExists)
	require.NotContains(t, err.Error(), "wx0123456789abcdef")

	require.NoError(t, f.DeleteAccount(t.Context(), postgrestest.CLI, f.TheAccount.ID))
	_, err = f.CreateAccount(t.Context(), postgrestest.CLI, postgrestest.SomeAccount(), postgrestest.SomeSecrets())
	require.NoError(t, err, "a deleted account frees its AppID")
}

func TestCreateAccount_needsAKeyUnlessPlain(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewEmptyFixture(t)
	a, s := postgrestest.SomeAccount(), postgrestest.SomeSecrets()
	s.EncodingAESKey = secret.Value{}
	_, err := f.CreateAccount(t.Context(), postgrestest.CLI, a, s)
	require.ErrorIs(t, err, account.ErrKeyMissing)
	a.Mode = wechat.ModePlain
	a, err = f.CreateAccount(t.Context(), postgrestest.CLI, a, s)
	require.NoError(t, err)
	opened, err := f.CallbackAccount(t.Context(), a.ID)
	require.NoError(t, err)
	require.Empty(t, opened.Keys)
	keys, err := f.AccountKeys(t.Context(), postgrestest.Tenant, a.ID)
	require.NoError(t, err)
	require.Empty(t, keys.Ciphers)

	a.Mode = wechat.ModeSafe
	_, err = f.UpdateAccount(t.Context(), postgrestest.CLI, a, account.Secrets{})
	require.ErrorIs(t, err, account.ErrKeyMissing)
	_, err = f.UpdateAccount(t.Context(), postgrestest.CLI, a, account.Secrets{EncodingAESKey: secret.New(postgrestest.AesKey)})
	require.NoError(t, err)
}

// C16
func TestAccounts_disabledOnesAreNotFound(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	disabled := f.TheAccount
	disabled.Disabled = true
	disabled, err := f.UpdateAccount(t.Context(), postgrestest.CLI, disabled, account.Secrets{})
	require.NoError(t, err)
	for _, id := range []conversation.AccountID{disabled.ID, conversation.AccountID(uuid.NewString()), "1", "../", "\x00", ""} {
		_, err = f.CallbackAccount(t.Context(), id)
		require.ErrorIs(t, err, conversation.ErrNotFound, "%q", id)
	}
	_, err = f.Credentials(t.Context(), postgrestest.Tenant, disabled.ID)
	require.ErrorIs(t, err, conversation.ErrNotFound)
	_, err = f.AccountKeys(t.Context(), postgrestest.Tenant, disabled.ID)
	require.NoError(t, err, "what was accepted is received")

	require.NoError(t, f.DeleteAccount(t.Context(), postgrestest.CLI, disabled.ID))
	_, err = f.Account(t.Context(), postgrestest.Tenant, disabled.ID)
	require.ErrorIs(t, err, conversation.ErrNotFound)
	_, err = f.AccountKeys(t.Context(), postgrestest.Tenant, disabled.ID)
	require.NoError(t, err)
	require.ErrorIs(t, f.DeleteAccount(t.Context(), postgrestest.CLI, conversation.AccountID(uuid.NewString())), conversation.ErrNotFound)
}

// M11
func TestUpdateAccount_refusesTheSecondOfTwo(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	errs := make([]error, 2)
	var group errgroup.Group
	for i := range errs {
		group.Go(func() error {
			a := f.TheAccount
			a.Name = fmt.Sprintf("name %d", i)
			_, errs[i] = f.UpdateAccount(t.Context(), postgrestest.CLI, a, account.Secrets{})
			return nil
		})
	}
	require.NoError(t, group.Wait())
	if errs[0] != nil {
		errs[0], errs[1] = errs[1], errs[0]
	}
	require.NoError(t, errs[0])
	require.ErrorIs(t, errs[1], conversation.ErrVersion)
}

// M03
func TestUpdateAccount_savedBackChangesNothing(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	a, err := f.Account(t.Context(), postgrestest.Tenant, f.TheAccount.ID)
	require.NoError(t, err)
	same := postgrestest.SomeSecrets()
	same.EncodingAESKey = secret.New(postgrestest.AesKey[:42] + "H") // the same 32 bytes, other spare bits
	for _, s := range []account.Secrets{{}, same} {
		saved, err := f.UpdateAccount(t.Context(), postgrestest.CLI, a, s)
		require.NoError(t, err)
		require.Equal(t, a, saved)
	}
	require.Equal(t, 2, f.Count(t, "account_secrets", "replaced_at is null"))
	require.Equal(t, 2, f.Count(t, "account_secrets", "true"))
	require.Equal(t, 0, f.Count(t, "audit", "action = 'account.update'"))
}

// K10
func TestUpdateAccount_oldSecretsOverlap(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	before, err := f.CallbackAccount(t.Context(), f.TheAccount.ID)
	require.NoError(t, err)
	updated, err := f.UpdateAccount(t.Context(), postgrestest.CLI, f.TheAccount, account.Secrets{
		Token: secret.New("fresh"), EncodingAESKey: secret.New("Z" + postgrestest.AesKey[1:]),
	})
	require.NoError(t, err)
	require.Equal(t, int64(2), updated.Version)

	opened, err := f.CallbackAccount(t.Context(), f.TheAccount.ID)
	require.NoError(t, err)
	require.Equal(t, []string{"fresh", postgrestest.Token}, postgrestest.Reveal(opened.Tokens))
	require.Len(t, opened.Keys, 2)
	require.Equal(t, before.Keys[0].ID, opened.Keys[1].ID)
	require.Equal(t, before.IDKey, opened.IDKey, "the id key never rotates")

	f.Exec(t, `update account_secrets set replaced_at = now() - interval '24 hours 1 second' where replaced_at is not null`)
	opened, err = f.CallbackAccount(t.Context(), f.TheAccount.ID)
	require.NoError(t, err)
	require.Equal(t, []string{"fresh"}, postgrestest.Reveal(opened.Tokens))
	require.Len(t, opened.Keys, 1)
	keys, err := f.AccountKeys(t.Context(), postgrestest.Tenant, f.TheAccount.ID)
	require.NoError(t, err)
	require.Len(t, keys.Ciphers, 2, "Receive keeps every key")
	require.Equal(t, 1, f.Count(t, "audit", `action = 'account.update' and detail = '{"fields": ["aes_key", "token"]}'`))
}

func TestListAccounts_pagesOldestFirst(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewEmptyFixture(t)
	var want, got []conversation.AccountID
	for i := range 5 {
		a := postgrestest.SomeAccount()
		a.AppID = wechat.AppID(fmt.Sprintf("wx%016x", i))
		a, err := f.CreateAccount(t.Context(), postgrestest.CLI, a, postgrestest.SomeSecrets())
		require.NoError(t, err)
		want = append(want, a.ID)
	}
	var after conversation.AccountID
	for {
		page, err := f.ListAccounts(t.Context(), postgrestest.Tenant, after, 2)
		require.NoError(t, err)
		if len(page) == 0 {
			break
		}
		for _, a := range page {
			got = append(got, a.ID)
			after = a.ID
		}
	}
	require.Equal(t, want, got)
}

// S5
// Whatever the id, another tenant sees nothing and changes nothing.
func TestTenant_findsNothingOfAnother(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	f.Exec(t, `insert into tenants (id, name) values ('other', 'Other')`)
	const other = conversation.Tenant("other")
	stranger := access.Actor{Tenant: other, Name: "stranger"}
	ref, turn, _ := f.Answered(t, "hi")
	foreign := conversation.Ref{Tenant: other, Conversation: ref.Conversation}
	_, principal, err := f.CreateToken(t.Context(), postgrestest.CLI, "desk", access.RoleAdmin, "", time.Hour)
	require.NoError(t, err)
	before := f.Ending(t)

	ctx := t.Context()
	for name, call := range map[string]func() error{
		"account": func() error { _, err := f.Account(ctx, other, f.TheAccount.ID); return err },
		"update account": func() error {
			_, err := f.UpdateAccount(ctx, stranger, f.TheAccount, account.Secrets{})
			return err
		},
		"delete account": func() error { return f.DeleteAccount(ctx, stranger, f.TheAccount.ID) },
		"account keys":   func() error { _, err := f.AccountKeys(ctx, other, f.TheAccount.ID); return err },
		"credentials":    func() error { _, err := f.Credentials(ctx, other, f.TheAccount.ID); return err },
		"conversation": func() error {
			_, err := f.Conversation(ctx, access.Viewer{Tenant: other}, ref.Conversation)
			return err
		},
		"messages": func() error {
			_, err := f.Messages(ctx, access.Viewer{Tenant: other}, ref.Conversation, 0, 10)
			return err
		},
		"read situation": func() error { _, err := f.ReadSituation(ctx, foreign); return err },
		"turn":           func() error { _, err := f.Turn(ctx, foreign); return err },
		"store answer":   func() error { _, err := f.StoreAnswer(ctx, foreign, turn, 1, bot.Answer{}); return err },
		"want people": func() error {
			_, err := f.RequestHandOver(ctx, foreign, conversation.EscalatedFailed)
			return err
		},
		"hand over":               func() error { _, err := f.HandOver(ctx, foreign, postgrestest.ToDefaultQueue()); return err },
		"hand over plainly":       func() error { _, err := f.HandOverPlainly(ctx, foreign, "x"); return err },
		"routing question":        func() error { _, err := f.RoutingQuestion(ctx, foreign); return err },
		"classification question": func() error { _, err := f.ClassificationQuestion(ctx, foreign, turn); return err },
		"store classification":    func() error { return f.StoreClassification(ctx, foreign, turn, 1, routing.Decision{}) },
		"due":                     func() error { _, err := f.Due(ctx, foreign); return err },
		"mark sending":            func() error { _, err := f.MarkSending(ctx, foreign, uuid.NewString()); return err },
		"receive": func() error {
			b := f.Batch(ref.Conversation, "li", postgrestest.Says("k9", "hello"))
			b.Tenant = other
			_, err := f.Receive(ctx, b)
			return err
		},
		"act": func() error {
			_, err := f.Act(ctx, command.Request{
				HTTPRequest: command.HTTPRequest{Tenant: other, ActorID: principal.TokenID},
				Command:     command.Command{Kind: command.Close, Conversation: ref.Conversation, By: principal},
			})
			return err
		},
		"revoke token": func() error { return f.RevokeToken(ctx, stranger, principal.TokenID) },
		"FAQ entries": func() error {
			return f.PutFAQEntries(ctx, other, f.TheAccount.ID, []bot.FAQEntry{{Language: "en", Phrase: "x", Answer: "y"}})
		},
		"record event": func() error {
			return f.RecordEvent(ctx, callback.Event{Tenant: other, AccountID: f.TheAccount.ID, MessageKey: "e", ReceivedAt: time.Unix(1, 0)})
		},
	} {
		require.ErrorIs(t, call(), conversation.ErrNotFound, name)
	}
	postgrestest.Ended(t)(f.CloseConversation(ctx, foreign, conversation.ClosedIdle))
	list, err := f.Conversations(ctx, access.Viewer{Tenant: other}, conversation.Filter{}, conversation.Position{}, 10)
	require.NoError(t, err)
	require.Empty(t, list)
	accounts, err := f.ListAccounts(ctx, other, "", 10)
	require.NoError(t, err)
	require.Empty(t, accounts)
	tokens, err := f.ListTokens(ctx, other, "", 10)
	require.NoError(t, err)
	require.Empty(t, tokens)
	require.Equal(t, before, f.Ending(t))
}

func TestErrors_neverQuoteRows(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	a := postgrestest.SomeAccount()
	a.Name, a.AppID, a.Kind = postgrestest.Canary, "wx00000000000000ff", "no such kind"
	_, err := f.CreateAccount(t.Context(), postgrestest.CLI, a, postgrestest.SomeSecrets())
	var refused *postgres.SQLError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, postgres.SQLError{Code: "23514", Constraint: "accounts_kind_check"}, *refused)
	require.NotContains(t, err.Error(), postgrestest.Canary)
	require.NotContains(t, fmt.Sprintf("%+v %#v", err, err), postgrestest.Canary)
}
