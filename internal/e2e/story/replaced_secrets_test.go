package story_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/e2e/harness"
)

// M09
// Token and EncodingAESKey are replaced three times while customers write, here first and then at WeChat, as docs/connect.md says:
// no callback is refused, and none is lost.
func TestAccount_secretsReplacedUnderLoad(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	a := s.NewSecondAccount()
	s.CallSimulator(http.MethodPatch, "/settings", map[string]any{"window_messages": 1000}, nil)
	var customers []harness.Customer
	for range 3 {
		customers = append(customers, s.NewCustomerOf(a.AppID))
	}
	var writing sync.WaitGroup
	var done atomic.Bool
	said := make([]int, len(customers))
	refused := make([][]string, len(customers))
	for i, c := range customers {
		writing.Go(func() {
			for ; !done.Load(); said[i]++ {
				if verdict := verdictOn(c, fmt.Sprint("hello ", said[i])); verdict != "accepted" {
					refused[i] = append(refused[i], verdict)
				}
			}
		})
	}
	for round := range 3 {
		secrets := map[string]any{"token": fmt.Sprint("another", round), "encoding_aes_key": strings.Repeat(string(rune('p'+round)), 42) + "A"}
		a.Change(secrets)
		time.Sleep(time.Second) //nolint:forbidigo // callbacks flow under the old ones
		a.ChangeAtWeChat(secrets)
		time.Sleep(time.Second) //nolint:forbidigo // and under the new ones
	}
	done.Store(true)
	writing.Wait()
	for i, c := range customers {
		require.Empty(t, refused[i])
		require.Greater(t, said[i], 10)
		lines := 0
		s.WaitFor(30*time.Second, "every line is in the transcript", func() bool {
			lines = 0
			for _, v := range c.Conversations() {
				for _, m := range s.Transcript(v.ID) {
					if m.Author == "customer" {
						lines++
					}
				}
			}
			return lines >= said[i]
		})
		require.Equal(t, said[i], lines)
	}
}

// verdictOn says a text and returns how the callback was answered, or what went wrong; from any goroutine.
func verdictOn(c harness.Customer, text string) string {
	body, err := json.Marshal(map[string]string{"text": text})
	if err != nil {
		return err.Error()
	}
	resp, err := http.Post("http://"+c.System.SimulatorAddr+"/_sim"+c.Path()+"/say?wait=true", "application/json", bytes.NewReader(body))
	if err != nil {
		return err.Error()
	}
	defer resp.Body.Close() //nolint:errcheck // read below
	var out struct{ Verdict string }
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil {
		return err.Error()
	}
	return out.Verdict
}
