package chaos_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/e2e/chaos"
	"wxdesk/internal/e2e/harness"
)

// A judge that finds nothing proves something only if it finds what is there. Each promise is broken on purpose, in the running
// system, and the judge must name it.
//
// The stories of package workflows put old mistakes back into the code. A program that runs cannot be changed so; it is given what such
// a mistake leaves: a line that waits for the bot (a goodbye that is delayed, a line that cannot be opened), a message that nobody sends
// ("not yet" as an error), a callback that no run has received (an input that is too large), and a wish that the run is not told.
func TestChaos_catches(t *testing.T) { // alone: WeChat's patience is real time
	r := chaos.NewRig(t)
	const lines = 4
	r.TeachAnswers(lines)
	for _, sabotage := range []struct {
		name    string
		breaks  string
		meddle  func(s *saboteur) // before anybody writes
		corrupt func(s *saboteur) // after all is quiet
	}{
		{name: "nothing where nothing is wrong"},
		{name: "a message that is acknowledged and lost", breaks: "R1", meddle: func(s *saboteur) { s.swallow() }},
		{name: "a message that is taken twice", breaks: "R4", meddle: func(s *saboteur) { s.record() }, corrupt: func(s *saboteur) {
			s.execForConversation(`delete from receipts where conversation_id = any($1::uuid[])`)
			s.endRuns()
			s.repeat()
		}},
		{name: "a message that nobody answers", breaks: "R4", corrupt: func(s *saboteur) {
			s.execForConversation(`update messages set turn_id = gen_random_uuid() where conversation_id = any($1::uuid[]) and turn_id is not null`)
		}},
		{name: "messages in another order", breaks: "R5", corrupt: func(s *saboteur) { s.swap("customer") }},
		{name: "answers in another order", breaks: "R13", corrupt: func(s *saboteur) { s.swap("bot") }},
		{name: "an answer that is left under way", breaks: "R10", corrupt: func(s *saboteur) {
			s.execForConversation(`update deliveries set status = 'sending', updated_at = now() where conversation_id = any($1::uuid[])`)
		}},
		{name: "an answer that arrives twice", breaks: "R11", corrupt: func(s *saboteur) { s.send("answer to 00000") }},
		{name: "an answer that nobody gave", breaks: "R11", corrupt: func(s *saboteur) { s.send("out of the blue") }},
		{name: "an answer that is called sent and is not", breaks: "R11", meddle: func(s *saboteur) {
			s.r.CallSimulator(http.MethodPost, "/faults", map[string]any{"kind": "errcode", "errcode": 45015, "app_id": harness.DemoAppID}, nil)
		}, corrupt: func(s *saboteur) {
			s.execForConversation(`update deliveries set status = 'sent' where conversation_id = any($1::uuid[])`)
		}},
		{name: "two conversations of one customer", breaks: "R6", corrupt: func(s *saboteur) {
			s.exec(`drop index conversations_one_open`)
			s.execForConversation(`insert into conversations (tenant, id, account_id, customer_id, workflow_id, state, holder)
				select tenant, gen_random_uuid(), account_id, customer_id, workflow_id, state, holder from conversations where id = any($1::uuid[])`)
		}},
		{name: "a line that its run has forgotten", breaks: "R27", corrupt: func(s *saboteur) {
			s.execForConversation(`update messages set wants_answer = true where conversation_id = any($1::uuid[]) and author = 'customer' and seq = (
				select max(seq) from messages where conversation_id = any($1::uuid[]) and author = 'customer')`)
		}},
		{name: "a message that nobody sends", breaks: "R27", corrupt: func(s *saboteur) {
			s.execForConversation(`update deliveries set status = 'queued' where conversation_id = any($1::uuid[])`)
		}},
		{name: "a wish to end that its run is not told", breaks: "R27", corrupt: func(s *saboteur) {
			s.execForConversation(`update conversations set ending = 'closed-by-agent' where id = any($1::uuid[])`)
		}},
		{name: "a hand-over that its run is not told", breaks: "R27", corrupt: func(s *saboteur) {
			s.execForConversation(`update conversations set hand_over = 'bot-escalated' where id = any($1::uuid[])`)
		}},
		{name: "a conversation that has ended behind its run's back", breaks: "R25", corrupt: func(s *saboteur) {
			s.execForConversation(`update conversations set state = 'closed', closed_at = now() where id = any($1::uuid[])`)
		}},
	} {
		t.Run(sabotage.name, func(t *testing.T) { // one after the other: they share the system
			defer r.During(t)()
			s := &saboteur{t: t, r: r}
			r.Balancer.Intercept = nil
			if sabotage.meddle != nil {
				sabotage.meddle(s)
			}
			s.l = r.StartLoad(1, lines, lines)
			s.l.WaitForEnd()
			s.l.WaitUntilQuiet(5 * time.Second)
			if sabotage.corrupt != nil {
				sabotage.corrupt(s)
			}
			broken := s.l.Judge()
			switch sabotage.breaks { // what one defect leaves owed stays so, and is no concern of the next
			case "":
				broken = append(broken, chaos.Owed(r.System, time.Minute, s.conversations()[0].ID)...)
			case "R27":
				broken = append(broken, chaos.Owed(r.System, 0, s.conversations()[0].ID)...) // at once: the sweep would repair it
			}
			if sabotage.breaks == "R25" {
				out, err := r.Reconcile("0s")
				require.Error(t, err)
				require.Contains(t, out, "a run is open, and no conversation of it is")
				return
			}
			if sabotage.breaks == "" {
				require.Empty(t, broken)
				return
			}
			require.Contains(t, chaos.Promises(broken), sabotage.breaks, "%v", broken)
		})
	}
}
