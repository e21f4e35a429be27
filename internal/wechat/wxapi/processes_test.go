package wxapi_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/access"
	"wxdesk/internal/account"
	"wxdesk/internal/conversation"
	"wxdesk/internal/devstack"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/accounts"
	"wxdesk/internal/secret"
	"wxdesk/internal/wechat"
	"wxdesk/internal/wechat/wxapi"
)

// senderVariable makes this test binary play a process that sends, instead of running tests. It holds an assignment.
const senderVariable = "WXAPI_TEST_SENDER"

// assignment is what a sender gets to know.
type assignment struct {
	DSN, Keyring, WeChat, AccountID string
	Messages                        int
}

// playSender opens the token store as a worker does, says that it is ready, waits for a line, sends all messages at once,
// and says how many were sent.
func playSender() error {
	var a assignment
	if err := json.Unmarshal([]byte(os.Getenv(senderVariable)), &a); err != nil {
		return err
	}
	ring, err := secret.ParseKeyring(secret.New(a.Keyring))
	if err != nil {
		return err
	}
	pool, err := postgres.Open(context.Background(), a.DSN)
	if err != nil {
		return err
	}
	defer func() { _ = pool.Close() }()
	c := wxapi.New(a.WeChat, wxapi.NewHTTPClient(true), accounts.New(pool, ring))
	from := credentials()
	from.AccountID = a.AccountID

	fmt.Println("ready")
	if _, err := bufio.NewReader(os.Stdin).ReadString('\n'); err != nil {
		return err
	}
	var sent atomic.Int32
	var wg sync.WaitGroup
	for range a.Messages {
		wg.Go(func() {
			if got := c.SendText(context.Background(), from, customer, "x"); got.Status == wechat.SendSent {
				sent.Add(1)
			} else {
				fmt.Fprintf(os.Stderr, "%+v\n", got)
			}
		})
	}
	wg.Wait()
	fmt.Println(sent.Load())
	return nil
}

// W09
// Two processes of fifty senders each have the same token from the same Postgres, and WeChat refuses it to all of them
// before it answers anybody.
func TestProcesses_makeOneTokenCall(t *testing.T) {
	t.Parallel()
	const processes, senders = 2, 50
	a := storeWithStaleToken(t)
	p := newPlatform(t)
	p.send = []http.HandlerFunc{refuseTogether(processes * senders)}
	a.WeChat, a.Messages = p.URL, senders

	var all []*sender
	for range processes {
		all = append(all, startSender(t, a))
	}
	for _, s := range all {
		require.Equal(t, "ready", s.line(t))
	}
	for _, s := range all {
		_, err := io.WriteString(s.stdin, "go\n")
		require.NoError(t, err)
	}
	for _, s := range all {
		require.Equal(t, fmt.Sprint(senders), s.line(t))
		require.NoError(t, s.Wait())
	}

	sends, asked := p.seen()
	byToken := map[string]int{}
	for _, s := range sends {
		byToken[s.token]++
	}
	require.Equal(t, map[string]int{"stale": processes * senders, tokenA: processes * senders}, byToken)
	require.Len(t, asked, 1)
}

// refuseTogether answers 40001 to the stale token, once as many as n have come with it.
func refuseTogether(n int32) http.HandlerFunc {
	var came atomic.Int32
	complete := make(chan struct{})
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("access_token") != "stale" {
			_, _ = io.WriteString(w, ok)
			return
		}
		if came.Add(1) == n {
			close(complete)
		}
		select {
		case <-complete:
			_, _ = io.WriteString(w, `{"errcode":40001}`)
		case <-r.Context().Done():
		}
	}
}

// storeWithStaleToken makes a migrated database with an account, whose stored token is stale.
func storeWithStaleToken(t *testing.T) assignment {
	t.Helper()
	dsn := devstack.TestDatabase(t, "migrated", func(ctx context.Context, dsn string) error {
		_, err := postgres.Migrate(ctx, dsn)
		return err
	})
	master := secret.NewMasterKey("test")
	ring, err := secret.ParseKeyring(master)
	require.NoError(t, err)
	pool, err := postgres.Open(t.Context(), dsn)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, pool.Close()) })
	db := accounts.New(pool, ring)
	by := access.Actor{Tenant: conversation.DefaultTenant, Name: "test"}
	created, err := db.CreateAccount(t.Context(), by, account.Account{
		Name: "Tea shop", OriginalID: "gh_0123456789ab", AppID: credentials().AppID, Mode: wechat.ModePlain, Kind: account.KindService,
		ReplyMode: account.ReplyActive, Verified: true, Language: conversation.LanguageEnglish, TimeZone: account.DefaultTimeZone, IdleClose: account.DefaultIdleClose,
	}, account.Secrets{AppSecret: credentials().AppSecret, Token: secret.New("token")})
	require.NoError(t, err)
	_, err = db.Refresh(t.Context(), string(created.ID), secret.Value{}, func(context.Context, bool) (wxapi.Token, error) {
		return wxapi.Token{Value: secret.New("stale"), ExpiresAt: time.Now().Add(time.Hour)}, nil
	})
	require.NoError(t, err)
	return assignment{DSN: dsn, Keyring: master.Reveal(), AccountID: string(created.ID)}
}

// sender is a process that plays the sender.
type sender struct {
	*exec.Cmd
	stdin io.WriteCloser
	out   *bufio.Reader
}

func startSender(t *testing.T, a assignment) *sender {
	t.Helper()
	written, err := json.Marshal(a)
	require.NoError(t, err)
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = append(os.Environ(), senderVariable+"="+string(written), "GORACE=atexit_sleep_ms=0") // the race detector lingers otherwise
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	require.NoError(t, err)
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	return &sender{Cmd: cmd, stdin: stdin, out: bufio.NewReader(stdout)}
}

func (s *sender) line(t *testing.T) string {
	t.Helper()
	text, err := s.out.ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	return text[:max(len(text)-1, 0)]
}
